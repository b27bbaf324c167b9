import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { matchName } from '../../src/tree/index.ts'
import { formOf, pathPattern } from '../../src/tree/path-pattern.ts'
import { pathRegexp } from '../../src/tree/path-regexp.ts'
import { cleanPattern, patternList } from '../../src/tree/pattern-list.ts'
import { soup, tries } from '../support/fuzz.ts'
import { errorOf } from '../support/outcome.ts'

const path = fc
  .array(soup(['a', 'b', 'c', '.', '-', ']', '[', '^', '*', '\\', '😀', '+'], 4), { maxLength: 4 })
  .map((pieces) => pieces.filter((piece) => !['', '.', '..'].includes(piece)).join('/'))
const glob = soup(
  ['a', 'b', '.', '/', '*', '*', '?', '[', ']', '^', '-', '[a-b]', '[^a]', '\\', '\\*', '\\b', '😀', '+'],
  8,
)
/** Of a `.dockerignore` file. */
const rule = fc.oneof(glob, soup(['a', 'b', '/', '**', '**/', '/**', '*', '?', '.', '!', '[ab]'], 7))

describe("a name and Go's filepath.Match", () => {
  test('agree with trying everything', () => {
    fc.assert(
      fc.property(glob, path, (pattern, name) => {
        const expected = matchesByTrying(pattern, name)
        const found = errorOf(() => matchName(pattern, name)) ? undefined : matchName(pattern, name)
        // A class may take a slash, and then Go does not try a later place for what stands behind the star before it.
        if (termsOf(pattern)?.some((term) => /^\[./su.test(term) && isTerm(term, '/')) && found === false) return
        expect(found).toBe(expected)
      }),
      tries(4000),
    )
  })
})

describe('a pattern of a path', () => {
  const pattern = rule.map((text) => cleanPattern(text.replaceAll('!', ''))).filter((text) => isPattern(text))

  test('matches as the regular expression that it stands for', () => {
    fc.assert(
      fc.property(pattern, path, (text, name) => {
        const form = formOf(text)
        // Characters of two units are no single one to an expression that may have any escape, and Go's \a is a bell.
        if (form.kind !== 'regexp' || /[\ud800-\udfff]|\\a/.test(text + name)) return
        expect(pathRegexp(form.source).matches(name)).toBe(new RegExp(`^${form.source}$`, 's').test(name))
      }),
      tries(3000),
    )
  })

  test('could match below each directory above what it matches', () => {
    fc.assert(
      fc.property(pattern, path, (text, name) => {
        const { matches, couldMatchBelow } = pathPattern(text)
        if (!matches(name)) return
        for (const directory of directoriesAbove(name)) expect(couldMatchBelow(directory)).toBe(true)
      }),
      tries(3000),
    )
  })
})

describe('a list of patterns', () => {
  const list = fc.array(rule, { maxLength: 5 }).filter((texts) => !errorOf(() => patternList(texts)))

  test('is decided by the last that was found to match the path or a directory above it', () => {
    fc.assert(
      fc.property(list, fc.array(path, { maxLength: 5 }), (texts, names) => {
        const { matches } = patternList(texts)
        for (const name of names) expect(matches(name)).toBe(matchesOneByOne(texts, name))
      }),
      tries(2000),
    )
  })

  test('has the same answer for all below a directory where it says so', () => {
    fc.assert(
      fc.property(list, path, path, (texts, directory, below) => {
        const { matches, mayDifferBelow } = patternList(texts)
        if (directory === '' || below === '' || mayDifferBelow(directory)) return
        expect(matches(`${directory}/${below}`)).toBe(matches(directory))
      }),
      tries(3000),
    )
  })

  test('of any texts is read or ends in an error of patterns', () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({ unit: 'binary', maxLength: 20 })),
        fc.string({ unit: 'binary' }),
        (texts, name) => {
          expect(errorOf(() => patternList(texts).matches(name))?.code ?? 'TSB_PATTERN').toBe('TSB_PATTERN')
        },
      ),
      tries(1000),
    )
  })
})

function isPattern(text: string): boolean {
  return text !== '' && !errorOf(() => pathPattern(text))
}

function directoriesAbove(path: string): readonly string[] {
  const pieces = path.split('/')
  return pieces.slice(1).map((_, i) => pieces.slice(0, i + 1).join('/'))
}

/**
 * Rule by rule, for each directory on the way and then for the path, as the walk of BuildKit goes: what matched above
 * matches below, and a rule that would change nothing is not tried.
 */
function matchesOneByOne(texts: readonly string[], path: string): boolean {
  const rules = texts.map((text) => cleanPattern(text.trim())).filter((text) => text !== '')
  const known = rules.map(() => false)
  let isMatched = false
  for (const each of path === '' ? [] : [...directoriesAbove(path), path]) {
    isMatched = false
    rules.forEach((rule, i) => {
      const takesBack = rule.startsWith('!')
      known[i] ||= takesBack === isMatched && pathPattern(rule.replace(/^!/, '')).matches(each)
      if (known[i]) isMatched = !takesBack
    })
  }
  return isMatched
}

const item = '(?:\\\\[\\s\\S]|[^\\\\\\]-])(?:-(?:\\\\[\\s\\S]|[^\\\\\\]-]))?'
const term = new RegExp(`\\*|\\?|\\[(?:\\^|(?!\\^))(?:${item})+\\]|\\\\[\\s\\S]|[^\\\\[]`, 'uy')

/** By backtracking over the terms of Go's grammar; undefined when the pattern has anything else. */
function matchesByTrying(pattern: string, name: string): boolean | undefined {
  const terms = termsOf(pattern)
  if (!terms) return undefined
  const characters = [...name]
  const tryAt = (at: number, character: number): boolean => {
    const wanted = terms[at]
    if (wanted === undefined) return character === characters.length
    const found = characters[character]
    if (wanted === '*')
      return tryAt(at + 1, character) || (found !== undefined && found !== '/' && tryAt(at, character + 1))
    return found !== undefined && isTerm(wanted, found) && tryAt(at + 1, character + 1)
  }
  return tryAt(0, 0)
}

function termsOf(pattern: string): readonly string[] | undefined {
  const terms: string[] = []
  for (term.lastIndex = 0; term.lastIndex < pattern.length; ) {
    const [found] = term.exec(pattern) ?? []
    if (found === undefined) return undefined
    terms.push(found)
  }
  return terms
}

function isTerm(wanted: string, found: string): boolean {
  if (wanted === '?') return found !== '/'
  if (!wanted.startsWith('[') || wanted.length === 1) return wanted.replace(/^\\(?=[\s\S])/, '') === found
  const negated = wanted.startsWith('[^')
  const items = wanted.slice(negated ? 2 : 1, -1).match(/(?:\\[\s\S]|[^\\])(?:-(?:\\[\s\S]|[^\\]))?/gu) ?? []
  const isIn = items.some((item) => {
    const [, low = '', high = low] = /^(\\[\s\S]|[^\\])(?:-(\\[\s\S]|[^\\]))?$/u.exec(item) ?? []
    const [from = 0, to = 0] = [low, high].map((text) => text.replace(/^\\(?=[\s\S])/, '').codePointAt(0))
    const code = found.codePointAt(0) ?? 0
    return from <= code && code <= to
  })
  return isIn !== negated
}
