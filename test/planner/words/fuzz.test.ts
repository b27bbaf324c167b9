// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the texts are for the shell lexer
import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  expandBody,
  expandForDisplay,
  expandWord,
  expandWords,
  type Lookup,
  lookupIn,
} from '../../../src/planner/words/index.ts'
import { soup, tries } from '../../support/fuzz.ts'
import { errorOf } from '../../support/outcome.ts'

const none = lookupIn(new Map())
const env = lookupIn(new Map(Object.entries({ A: 'one', SPACED: 'a  b', EMPTY: '', FACE: '😀x😀', GLOB: '*\\?' })))

const syntax = '$|{|}|${A:-|${B|${A#|${A%%|${A//|${FACE/|${EMPTY:?|/|#|%|?|*|:|+|-|=|\\|`|\'|"|<<|<'
const plain = 'A|SPACED|EMPTY|GLOB| |\t|\n|ü|😀|1|_|.'
const escapes = fc.constantFrom('\\' as const, '`' as const)
const text = fc.oneof(
  soup([...syntax.split('|'), ...plain.split('|')], 25),
  fc.string({ unit: 'binary', maxLength: 60 }),
)

test('any text is expanded or ends in an error of expansions', () => {
  fc.assert(
    fc.property(text, escapes, (input, escapeChar) => {
      const expandBodyToo = (body: string, variables: Lookup) => expandBody(body, variables)
      for (const expand of [expandWord, expandWords, expandForDisplay, expandBodyToo]) {
        expect(errorOf(() => expand(input, env, escapeChar))?.code ?? 'TSB_EXPANSION_').toMatch(/^TSB_EXPANSION_/)
      }
    }),
    tries(2000),
  )
})

test('a text without special characters is itself, and so are its words', () => {
  fc.assert(
    fc.property(soup(plain.split('|'), 20), escapes, (input, escapeChar) => {
      expect(expandWord(input, env, escapeChar)).toEqual({ value: input, used: new Set(), unset: new Set() })
      expect(expandWords(input, env, escapeChar)).toEqual(input.split(/[ \t\n]+/).filter((word) => word !== ''))
    }),
    tries(500),
  )
})

test('what has been expanded with nothing special in it is not changed when it is expanded again', () => {
  fc.assert(
    fc.property(text, (input) => {
      if (errorOf(() => expandWord(input, env, '\\'))) return
      const { value } = expandWord(input, env, '\\')
      if (!/[$'"\\]/.test(value)) expect(expandWord(value, env, '\\').value).toBe(value)
    }),
    tries(1000),
  )
})

test('the words of a text are its value, parted at blanks', () => {
  const withoutBlanks = (value: string) => value.replaceAll(/[ \t\n]/g, '')
  const pieces = [...syntax.split('|').filter((piece) => !piece.includes('<')), 'A', 'SPACED', ' ', '\t', 'ü']
  fc.assert(
    fc.property(soup(pieces, 25), escapes, (input, escapeChar) => {
      if (errorOf(() => expandWord(input, env, escapeChar))) return
      const words = expandWords(input, env, escapeChar)
      expect(withoutBlanks(words.join(''))).toBe(withoutBlanks(expandWord(input, env, escapeChar).value))
    }),
    tries(2000),
  )
})

test('a text for people stays as it is written when nothing is set', () => {
  fc.assert(
    fc.property(
      text.filter((input) => !input.includes('\\')),
      (input) => {
        if (!errorOf(() => expandForDisplay(input, none, '\\'))) {
          expect(expandForDisplay(input, none, '\\').value).toBe(input)
        }
      },
    ),
    tries(1000),
  )
})

test('patterns match as the regular expressions that they stand for', () => {
  const pattern = soup(['*', '*', '?', 'a', 'b', '[', '.', '\n', '\\*', '\\\\', '\\?', '\\', '😀'], 6)
  const value = soup(['a', 'b', '[', '.', '*', '\n', '\\', '😀', '?'], 12)
  fc.assert(
    fc.property(value, pattern, soup(['-', 'a', '$&'], 2), (X, P, R) => {
      const variables = lookupIn(new Map(Object.entries({ X, P, R })))
      for (const [written, expected] of oracle(X, P, R)) {
        const found = resultOf(written, variables)
        expect(found, `${written} X=${JSON.stringify(X)} P=${JSON.stringify(P)}`).toBe(expected())
      }
    }),
    tries(4000),
  )
})

function resultOf(written: string, variables: Lookup): string | undefined {
  return errorOf(() => expandWord(written, variables, '\\')) ? undefined : expandWord(written, variables, '\\').value
}

/** What each form gives; undefined for a pattern that is wrong. */
function oracle(X: string, P: string, R: string): readonly (readonly [string, () => string | undefined])[] {
  const trim = (text: string, pattern: string, star: string) => {
    const regexp = regexpOf(pattern, star, '^')
    return regexp && text.replace(regexp, '')
  }
  const trimEnd = (text: string, pattern: string, star: string) => {
    const left = trim(reversed([...text]), reversed(pattern.match(/\\[\s\S]|[\s\S]/gu) ?? []), star)
    return left === undefined ? undefined : reversed([...left])
  }
  return [
    ['${X#$P}', () => trim(X, P, '[^\\n]*?')],
    ['${X##$P}', () => trim(X, P, '[^\\n]*')],
    ['${X%$P}', () => trimEnd(X, P, '[^\\n]*?')],
    ['${X%%$P}', () => trimEnd(X, P, '[^\\n]*')],
    ['${X/$P/$R}', () => replaced(X, P, R, false)],
    ['${X//$P/$R}', () => replaced(X, P, R, true)],
  ]
}

/** As Go replaces: an empty match counts for nothing right behind another match. */
function replaced(text: string, pattern: string, by: string, every: boolean): string | undefined {
  const regexp = regexpOf(pattern, '[^\\n]*', '')
  if (!regexp) return undefined
  const sticky = new RegExp(regexp, 'gu')
  let [result, done] = ['', 0]
  for (let match = sticky.exec(text); match; match = sticky.exec(text)) {
    const end = match.index + match[0].length
    result += text.slice(done, match.index) + (end > done || match.index === 0 ? by : '')
    done = end
    if (!every) break
    if (match[0] === '')
      sticky.lastIndex = end + ((text.codePointAt(end) ?? 0 > 0xffff) ? ([...text.slice(end)][0]?.length ?? 1) : 1)
    if (sticky.lastIndex > text.length) break
  }
  return result + text.slice(done)
}

function regexpOf(pattern: string, star: string, anchor: string): RegExp | undefined {
  let source = anchor
  for (const part of pattern.match(/\\[\s\S]?|[\s\S]/gu) ?? []) {
    if (part === '*') source += star
    else if (part === '?') source += '[^\\n]'
    else if (/^\\[^*?\\}/]?$/u.test(part)) return undefined
    else
      source += (part.length > 1 && part.startsWith('\\') ? part.slice(1) : part).replaceAll(
        /[\\^$.*+?()[\]{}|/]/g,
        '\\$&',
      )
  }
  return new RegExp(source, 'u')
}

function reversed(parts: readonly string[]): string {
  return [...parts].reverse().join('')
}
