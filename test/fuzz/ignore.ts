import assert from 'node:assert/strict'
import fc from 'fast-check'
import { readIgnoreFile } from '../../src/context/ignore-file.ts'
import { matchName, patternList } from '../../src/tree/index.ts'
import { soup } from '../support/fuzz.ts'
import { assertInside } from './places.ts'
import { type FuzzTarget, outcomeOf } from './target.ts'

const parts =
  'a|b|c|/|/|*|**|**/|/**|?|.|..|!|#| |\t|\n|\n|\r\n|\\|\\*|[ab]|[^a]|[a-|]|[|é|😀|\u0085|\ufeff|+|(|{|$|a*|*a|a?a'
const text = fc.oneof(
  { weight: 6, arbitrary: soup(parts.split('|'), 40) },
  fc.string({ unit: 'binary', maxLength: 80 }),
  // What a matcher that tries again and again would not come to an end with.
  fc
    .tuple(fc.constantFrom('*a', '**/a', 'a*', '?*', '[ab]*', '**a', '*/', '**/'), fc.integer({ min: 1, max: 400 }))
    .map(([piece, times]) => `${piece.repeat(times)}b`),
)
const path = fc.oneof(
  { weight: 6, arbitrary: soup(['a', 'b', 'c', '/', '.', '..', 'é', '[', '\\', '😀', ' '], 12) },
  fc.constantFrom('a'.repeat(1500), 'a/'.repeat(250).concat('a'), 'ab'.repeat(700)),
)

const files: FuzzTarget<readonly [string, readonly string[]]> = {
  name: 'dockerignore',
  runs: 800,
  input: fc.tuple(text, fc.array(path, { maxLength: 4 })),
  async holds([written, paths]) {
    const source = { name: '.dockerignore', text: written }
    const { value: rules, error } = await outcomeOf(() => readIgnoreFile(source))
    for (const { at } of [...(rules ?? []), ...(error ? [{ at: error.at }] : [])]) assertInside(at, source)
    if (!rules) return
    const list = patternList(rules.map(({ pattern }) => pattern))
    for (const each of paths.map(cleaned).filter(Boolean)) {
      const decider = list.decider(each)
      assert.equal(list.matches(each), decider !== undefined && !rules[decider]?.pattern.startsWith('!'))
      for (const above of directoriesAbove(each).slice(-4))
        if (!list.mayDifferBelow(above)) assert.equal(list.matches(each), list.matches(above))
    }
    // Read once more in its own normal form it is the same.
    const normal = rules.map(({ pattern }) => pattern)
    if (!normal.some((pattern) => /^[\s#]|\s$|\ufeff/.test(pattern)))
      assert.deepEqual(
        readIgnoreFile({ name: 'again', text: normal.join('\n') }).map(({ pattern }) => pattern),
        normal,
      )
  },
}

/** A context has no other paths. */
function cleaned(text: string): string {
  return text
    .split('/')
    .filter((piece) => piece !== '' && piece !== '.' && piece !== '..')
    .join('/')
}

function directoriesAbove(each: string): readonly string[] {
  const pieces = each.split('/')
  return pieces.slice(1).map((_, index) => pieces.slice(0, index + 1).join('/'))
}

const names: FuzzTarget<readonly [string, string]> = {
  name: 'wildcards',
  runs: 800,
  input: fc.tuple(text, path),
  async holds([pattern, name]) {
    const { value } = await outcomeOf(() => matchName(pattern, name))
    if (/^[a-c]*$/.test(pattern)) assert.equal(value, pattern === name)
  },
}

export const ignoreTargets = [files, names] as const
