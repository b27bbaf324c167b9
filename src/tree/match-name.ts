import { TsbuildError } from '../errors.ts'

/**
 * Go's `filepath.Match` on `/` paths: `*` and `?` stop at a slash, `[a-c]` and `[^a-c]` are classes, `\` takes the next
 * character as it is. The whole name must match.
 * @throws {TsbuildError} TSB_PATTERN for a pattern that is wrong anywhere, whatever the name
 * @see https://pkg.go.dev/path/filepath#Match
 */
export function matchName(pattern: string, name: string): boolean {
  return nameMatcher(pattern)(name)
}

/** `matchName` for many names. */
export function nameMatcher(pattern: string): (name: string) => boolean {
  const chunks = chunksOf(pattern)
  return (name) => matchChunks(chunks, [...name])
}

/** True when a path has `*`, `?` or `[` that no backslash takes as it is. */
export function hasWildcard(pattern: string): boolean {
  return /^(?:[^\\*?[]|\\[\s\S])*[*?[]/.test(pattern)
}

/** The pattern that matches this name and no other. */
export function escapePattern(name: string): string {
  return hasWildcard(name)
    ? name.replaceAll(/[\\*?[]/g, (character) => `[${character === '\\' ? '\\\\' : character}]`)
    : name
}

/** What one character must be. */
type One =
  | { readonly kind: 'is'; readonly character: string }
  | { readonly kind: 'any' }
  | { readonly kind: 'class'; readonly negated: boolean; readonly ranges: readonly Range[] }

type Range = readonly [low: number, high: number]

/** A stretch without stars; `floating` when stars stand before it. */
interface Chunk {
  readonly floating: boolean
  readonly ones: readonly One[]
}

function chunksOf(pattern: string): readonly Chunk[] {
  const reader = new PatternReader(pattern)
  const chunks: Chunk[] = []
  while (!reader.done) {
    let floating = false
    while (reader.take('*')) floating = true
    const ones: One[] = []
    while (!reader.done && reader.peek() !== '*') ones.push(readOne(reader))
    chunks.push({ floating, ones })
  }
  return chunks
}

function readOne(reader: PatternReader): One {
  if (reader.take('?')) return { kind: 'any' }
  if (!reader.take('[')) return { kind: 'is', character: reader.character() }
  const negated = reader.take('^')
  const ranges: Range[] = []
  while (ranges.length === 0 || !reader.take(']')) {
    const low = reader.classCharacter()
    ranges.push([low, reader.take('-') ? reader.classCharacter() : low])
  }
  return { kind: 'class', negated, ranges }
}

/** Walks over the characters (code points) of a pattern. */
class PatternReader {
  readonly #pattern: string
  readonly #characters: readonly string[]
  #at = 0

  constructor(pattern: string) {
    this.#pattern = pattern
    this.#characters = [...pattern]
  }

  get done(): boolean {
    return this.#at >= this.#characters.length
  }

  peek(): string | undefined {
    return this.#characters[this.#at]
  }

  take(character: string): boolean {
    if (this.peek() !== character) return false
    this.#at++
    return true
  }

  /** The next character, or the one after a backslash. */
  character(): string {
    this.take('\\')
    const character = this.#characters[this.#at++]
    if (character === undefined) throw patternError(this.#pattern)
    return character
  }

  /** An end of a range: `-` and `]` only after a backslash, and the class goes on behind it. */
  classCharacter(): number {
    if (this.peek() === '-' || this.peek() === ']') throw patternError(this.#pattern)
    const character = this.character()
    if (this.done) throw patternError(this.#pattern)
    return character.codePointAt(0) ?? 0
  }
}

/** For a pattern that means nothing. */
export function patternError(pattern: string): TsbuildError {
  return new TsbuildError('TSB_PATTERN', `syntax error in pattern ${JSON.stringify(pattern)}`, {
    hint: 'a bracket opens a class such as [a-z]; write [[] for the character itself',
  })
}

/** As Go does it: each chunk goes to the first place that fits, and stars never give back. */
function matchChunks(chunks: readonly Chunk[], name: readonly string[]): boolean {
  let at = 0
  for (const [index, { floating, ones }] of chunks.entries()) {
    const isLast = index === chunks.length - 1
    if (floating && ones.length === 0) return !name.includes('/', at)
    const start = placeOf(ones, name, at, floating, isLast)
    if (start === undefined) return false
    at = start + ones.length
  }
  return at === name.length
}

function placeOf(ones: readonly One[], name: readonly string[], from: number, floating: boolean, isLast: boolean) {
  for (let at = from; at <= name.length; at++) {
    const fits = ones.every((one, index) => isOne(one, name[at + index]))
    if (fits && (!isLast || at + ones.length === name.length)) return at
    if (!floating || name[at] === '/') return undefined
  }
  return undefined
}

function isOne(one: One, character: string | undefined): boolean {
  if (character === undefined) return false
  switch (one.kind) {
    case 'is':
      return character === one.character
    case 'any':
      return character !== '/'
    case 'class': {
      const code = character.codePointAt(0) ?? 0
      return one.ranges.some(([low, high]) => low <= code && code <= high) !== one.negated
    }
  }
}
