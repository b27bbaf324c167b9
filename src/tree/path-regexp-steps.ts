import { patternError } from './match-name.ts'

/** True for a character (code point) that fits. */
export type Test = (code: number) => boolean

/** Reads one character. */
export interface OneStep {
  readonly kind: 'one'
  readonly test: Test
  /** The only character that fits, of a step that no match goes around. */
  readonly literal?: string
}

/** True between two characters where a match may go on; undefined stands for an end of the text. */
export type PlaceTest = (before: number | undefined, after: number | undefined) => boolean

/**
 * `many` stays as long as its test holds; `fork` reads nothing, and goes on with the next step as well as `skip` steps on;
 * `place` reads nothing, and goes on where its test holds.
 */
export type Step =
  | OneStep
  | { readonly kind: 'many'; readonly test: Test }
  | { readonly kind: 'fork'; readonly skip: number }
  | { readonly kind: 'place'; readonly test: PlaceTest }

/**
 * Reads what patterns become: characters, `\` and a character, `.`, `^`, classes, a `*` behind one of these, and `(.*\/)?`.
 * The meaning is that of Go's regular expressions.
 * @throws {TsbuildError} TSB_PATTERN
 */
export function readSteps(source: string): readonly Step[] {
  const steps: Step[] = []
  for (let at = 0; at < source.length; ) {
    if (source.startsWith(anyDirectories, at)) {
      steps.push({ kind: 'fork', skip: 3 }, { kind: 'many', test: notNewline }, { kind: 'one', test: isSlash })
      at += anyDirectories.length
      continue
    }
    const place = placeAt(source, at)
    if (place) {
      steps.push({ kind: 'place', test: place.test })
      at += place.length
      continue
    }
    const { step, end } = readOne(source, at)
    const isRepeated = source[end] === '*'
    steps.push(isRepeated ? { kind: 'many', test: step.test } : step)
    at = isRepeated ? end + 1 : end
  }
  return steps
}

const anyDirectories = '(.*/)?'

/** A step, and the offset behind it. */
interface Read {
  readonly step: OneStep
  readonly end: number
}

function readOne(source: string, at: number): Read {
  switch (source[at]) {
    case '.':
      return { step: { kind: 'one', test: notNewline }, end: at + 1 }
    case '[':
      return readClass(source, at + 1)
    case '\\':
      return readEscape(source, at + 1)
    default:
      return readLiteral(source, at)
  }
}

function readLiteral(source: string, at: number): Read {
  const code = source.codePointAt(at)
  if (code === undefined) throw patternError(source)
  const character = String.fromCodePoint(code)
  return { step: literal(character), end: at + character.length }
}

function literal(character: string): OneStep {
  const code = character.codePointAt(0)
  return { kind: 'one', test: (other) => other === code, literal: character }
}

/** What reads nothing: `^`, and the escapes for an end of the text and of a word. */
function placeAt(source: string, at: number): { readonly test: PlaceTest; readonly length: number } | undefined {
  const text = source[at] === '\\' ? source.slice(at, at + 2) : (source[at] ?? '')
  const test = Object.hasOwn(places, text) ? places[text] : undefined
  return test && { test, length: text.length }
}

/** `\d` and `\n` are what they are to Go; other letters and digits have meanings that no path needs, and are refused. */
function readEscape(source: string, at: number): Read {
  const character = source[at] ?? ''
  const test = namedClasses[character]
  if (test) return { step: { kind: 'one', test }, end: at + 1 }
  const control = controls[character]
  if (control) return { step: literal(control), end: at + 1 }
  if (/[a-z0-9]/i.test(character)) throw patternError(source)
  return readLiteral(source, at)
}

/** A class, from behind its `[`. */
function readClass(source: string, from: number): Read {
  const isNegated = source[from] === '^'
  const tests: Test[] = []
  let at = isNegated ? from + 1 : from
  while (tests.length === 0 || source[at] !== ']') {
    const item = readClassItem(source, at)
    tests.push(item.test)
    at = item.end
  }
  return { step: { kind: 'one', test: (code) => tests.some((test) => test(code)) !== isNegated }, end: at + 1 }
}

/** A character or a range. A `-` that no range can have is itself. */
function readClassItem(source: string, at: number): { readonly test: Test; readonly end: number } {
  const low = readClassCharacter(source, at)
  const isRange = source[low.end] === '-' && source[low.end + 1] !== ']' && source[low.end + 1] !== undefined
  if (!isRange) return { test: low.step.test, end: low.end }
  const high = readClassCharacter(source, low.end + 1)
  const [from, to] = [low.step.literal?.codePointAt(0), high.step.literal?.codePointAt(0)]
  if (from === undefined || to === undefined || from > to) throw patternError(source)
  return { test: (code) => from <= code && code <= to, end: high.end }
}

function readClassCharacter(source: string, at: number): Read {
  if (source.startsWith('[:', at)) throw patternError(source)
  return source[at] === '\\' ? readEscape(source, at + 1) : readLiteral(source, at)
}

const notNewline: Test = (code) => code !== 0x0a
const isSlash: Test = (code) => code === 0x2f
const isDigit: Test = (code) => code >= 0x30 && code <= 0x39
const isSpace: Test = (code) => code === 0x20 || (code >= 0x09 && code <= 0x0d && code !== 0x0b)
const isWord: Test = (code) => code < 0x80 && /\w/.test(String.fromCodePoint(code))

const namedClasses: Readonly<Record<string, Test>> = {
  d: isDigit,
  D: (code) => !isDigit(code),
  s: isSpace,
  S: (code) => !isSpace(code),
  w: isWord,
  W: (code) => !isWord(code),
}

const controls: Readonly<Record<string, string>> = { a: '\x07', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v' }

const isBoundary: PlaceTest = (before, after) =>
  (before !== undefined && isWord(before)) !== (after !== undefined && isWord(after))

const places: Readonly<Record<string, PlaceTest>> = {
  '^': (before) => before === undefined,
  '\\A': (before) => before === undefined,
  '\\z': (_, after) => after === undefined,
  '\\b': isBoundary,
  '\\B': (before, after) => !isBoundary(before, after),
}
