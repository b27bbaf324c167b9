import fc from 'fast-check'
import ignore from 'ignore'
import { expect, it } from 'vitest'
import { patternList } from '../../src/tree/index.ts'
import { tries } from '../support/fuzz.ts'

/** Pieces in which git and Docker mean the same: no `**` beside other characters, no classes, no escapes. */
const piece = fc.constantFrom('a', 'b', 'ab', '.c', '*', '?', 'a*', '*b', '*.c', 'a?', '**')
const pattern = fc
  .array(piece, { minLength: 1, maxLength: 4 })
  .map((pieces) => pieces.join('/'))
  .filter((text) => !text.includes('**/**'))
const path = fc
  .array(fc.constantFrom('a', 'b', 'ab', 'aab', '.c', 'x.c', 'bb'), { minLength: 1, maxLength: 5 })
  .map((pieces) => pieces.join('/'))

it('a single pattern agrees with git, where both have the same rules', () => {
  fc.assert(
    fc.property(pattern, path, (text, name) => {
      const git = ignore({ ignorecase: false }).add(`/${text}`)
      expect(patternList([text]).matches(name)).toBe(git.ignores(name))
    }),
    tries(2000),
  )
})
