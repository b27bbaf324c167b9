import type { Work } from './work.ts'

/** One character, or null for `?`. */
type Token = string | null

/**
 * A shell pattern with `*` and `?` only: what stands between the stars. `[` is an ordinary character, and neither star nor
 * `?` takes a line feed: BuildKit makes regular expressions of them.
 */
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

/** The pattern for a text that is read from its end: characters in reverse, each with the backslash before it. */
export function reversePattern(text: string): string {
  return (text.match(/\\[\s\S]|[\s\S]/gu) ?? []).reverse().join('')
}

/** The text without the part that the pattern matches at its start, the shortest or the longest. */
export function trimStart(text: string, pattern: Pattern, longest: boolean, work: Work): string {
  const chars = Array.from(text)
  work.spend(chars.length)
  const end = matchAt(chars, 0, pattern, longest, work)
  return end < 0 ? text : chars.slice(end).join('')
}

/** The same at the end of the text. */
export function trimEnd(text: string, reversed: Pattern, longest: boolean, work: Work): string {
  const chars = Array.from(text).reverse()
  work.spend(chars.length)
  const end = matchAt(chars, 0, reversed, longest, work)
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
  const { length } = pattern[0] ?? []
  for (let start = findFirst(chars, from, pattern, work); start >= 0; ) {
    const end = matchAt(chars, start, pattern, true, work)
    if (end >= 0) return [start, end] as const
    // What is not found behind this start is not found behind a later one either, unless that is in another line.
    const lineEnd = endOfLine(chars, start + length, work)
    if (lineEnd === chars.length) return undefined
    start = findFirst(chars, Math.max(start + 1, lineEnd + 1 - length), pattern, work)
  }
  return undefined
}

/** Where the first segment of a pattern fits, in any line; or -1. */
function findFirst(chars: readonly string[], from: number, [segment = []]: Pattern, work: Work): number {
  for (let at = from; at + segment.length <= chars.length; at++) {
    work.spend(1)
    if (fits(chars, at, segment, work)) return at
  }
  return -1
}

/** End of the match that starts at an offset, or -1. */
function matchAt(chars: readonly string[], from: number, pattern: Pattern, longest: boolean, work: Work): number {
  const [first = [], ...others] = pattern
  if (!fits(chars, from, first, work)) return -1
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

/** Where a segment fits behind a star that begins at `from`; or -1. */
function find(chars: readonly string[], from: number, segment: readonly Token[], work: Work): number {
  for (let at = from; at + segment.length <= chars.length; at++) {
    work.spend(1)
    if (fits(chars, at, segment, work)) return at
    if (chars[at] === '\n') return -1
  }
  return -1
}

function findLast(chars: readonly string[], from: number, segment: readonly Token[], work: Work): number {
  const end = Math.min(endOfLine(chars, from, work), chars.length - segment.length)
  for (let at = end; at >= from; at--) {
    work.spend(1)
    if (fits(chars, at, segment, work)) return at
  }
  return -1
}

function endOfLine(chars: readonly string[], from: number, work: Work): number {
  const feed = chars.indexOf('\n', from)
  const end = feed < 0 ? chars.length : feed
  work.spend(Math.max(0, end - from))
  return end
}

function fits(chars: readonly string[], at: number, segment: readonly Token[], work: Work): boolean {
  if (at + segment.length > chars.length) return false
  for (let i = 0; i < segment.length; i++) {
    const char = chars[at + i]
    if (segment[i] === null ? char !== '\n' : segment[i] === char) continue
    work.spend(i)
    return false
  }
  return true
}
