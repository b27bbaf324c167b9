import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { TsbuildError } from '../../src/errors.ts'
import { parseTrigger } from '../../src/parser/index.ts'
import { anyDockerfile, assertStable } from '../fuzz/dockerfile.ts'
import { rangesIn } from '../fuzz/places.ts'
import { dockerfileTexts } from '../support/dockerfiles.ts'
import { tries } from '../support/fuzz.ts'

describe('any text', () => {
  test('is a trigger or ends in an error at the place given', () => {
    const source = { name: 'Dockerfile', text: 'FROM base' }
    const at = { source, start: { line: 0, column: 5 }, end: { line: 0, column: 9 } }
    fc.assert(
      fc.property(anyDockerfile, (input) => {
        try {
          for (const range of rangesIn(parseTrigger(input, at))) expect(range).toBe(at)
        } catch (error) {
          expect(error).toBeInstanceOf(TsbuildError)
          expect((error as TsbuildError).at).toBe(at)
        }
      }),
      tries(1500),
    )
  })
})

test.each(dockerfileTexts().map((input) => [input.slice(0, 60), input]))(
  '%j is the same when it is printed and read',
  (_, input) => {
    assertStable(input)
  },
)
