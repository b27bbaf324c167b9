import type { Work } from './work.ts'

/** One character, or null for `?`. */
type Token = string | null

/** A shell pattern with `*` and `?` only: what stands between the stars. `[` is an ordinary character. */
export type Pattern = readonly (readonly Token[])[]

/** Reads a pattern; an escape that means nothing is a problem. `\}` and `\/` are the characters themselves. */
export function readPattern(text: string): Pattern | { readonly problem: string } {
  const chars = Array.from(text)
  let segment: Token[] = []
  const pattern = [segment]
  for (let i = 0; i < chars.length; i++) {
    const char = chars[i]
    if (char === '*') {
      segment = []
      pattern.push(segment)
    } else if (char === '?') segment.push(null)
    else if (char === '\\') {
      const escaped = chars[++i] ?? '\uFFFD'
      if (!'*?\\}/'.includes(escaped)) return { problem: `invalid escape '\\${escaped}'` }
      segment.push(escaped)
    } else if (char !== undefined) segment.push(char)
  }
  return pattern
}

/** The text without the part that the pattern matches at its start, the shortest or the longest. */
export function trimStart(text: string, pattern: Pattern, longest: boolean, work: Work): string {
  const chars = Array.from(text)
  work.spend(chars.length)
  const end = matchAt(chars, 0, pattern, longest, work)
  return end < 0 ? text : chars.slice(end).join('')
}

/** The same at the end of the text. */
export function trimEnd(text: string, pattern: Pattern, longest: boolean, work: Work): string {
  const chars = Array.from(text).reverse()
  work.spend(chars.length)
  const mirrored = pattern.map((segment) => segment.toReversed()).reverse()
  const end = matchAt(chars, 0, mirrored, longest, work)
  return end < 0 ? text : chars.slice(end).reverse().join('')
}

/** The text with the first or every match replaced; matches are the leftmost ones and as long as can be. */
export function replace(text: string, pattern: Pattern, by: string, every: boolean, work: Work): string {
  const chars = Array.from(text)
  work.spend(chars.length)
  let result = ''
  let done = 0
  for (let from = 0; from <= chars.length; ) {
    const match = search(chars, from, pattern, work)
    if (!match) break
    const [start, end] = match
    result += chars.slice(done, start).join('')
    if (end > done || start === 0) {
      work.spend(by.length)
      result += by
    }
    done = end
    if (!every) break
    from = Math.max(end, from + 1)
  }
  return result + chars.slice(done).join('')
}

function search(chars: readonly string[], from: number, pattern: Pattern, work: Work) {
  const start = find(chars, from, pattern[0] ?? [], work)
  if (start < 0) return undefined
  // When the rest is not found from the leftmost start, it is not found from any other: that would be further right.
  const end = matchAt(chars, start, pattern, true, work)
  return end < 0 ? undefined : ([start, end] as const)
}

/** End of the match that starts at an offset, or -1. */
function matchAt(chars: readonly string[], from: number, pattern: Pattern, longest: boolean, work: Work): number {
  const [first = [], ...others] = pattern
  if (!fits(chars, from, first)) return -1
  let at = from + first.length
  const last = others.pop()
  if (!last) return at
  for (const segment of others) {
    const found = find(chars, at, segment, work)
    if (found < 0) return -1
    at = found + segment.length
  }
  const found = longest ? findLast(chars, at, last, work) : find(chars, at, last, work)
  return found < 0 ? -1 : found + last.length
}

function find(chars: readonly string[], from: number, segment: readonly Token[], work: Work): number {
  for (let at = from; at + segment.length <= chars.length; at++) {
    work.spend(1)
    if (fits(chars, at, segment, work)) return at
  }
  return -1
}

function findLast(chars: readonly string[], from: number, segment: readonly Token[], work: Work): number {
  for (let at = chars.length - segment.length; at >= from; at--) {
    work.spend(1)
    if (fits(chars, at, segment, work)) return at
  }
  return -1
}

function fits(chars: readonly string[], at: number, segment: readonly Token[], work?: Work): boolean {
  if (at + segment.length > chars.length) return false
  for (let i = 0; i < segment.length; i++) {
    if (segment[i] === null || segment[i] === chars[at + i]) continue
    work?.spend(i)
    return false
  }
  return true
}
