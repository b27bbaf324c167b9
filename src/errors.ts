import { withoutLogins } from './logins.ts'
import type { SourceRange } from './source.ts'

/** What an error may carry beside its message. */
export interface ErrorDetails {
  /** The part of the Dockerfile to blame. */
  readonly at?: SourceRange | undefined
  /** The next step for the person who reads it. */
  readonly hint?: string | undefined
  readonly cause?: unknown
  /** The file with all that the step printed. */
  readonly log?: string | undefined
  /** It comes up in a step, and has nothing to do with that one. */
  readonly ofNoStep?: boolean | undefined
}

/**
 * Something that a user can cause and mend. `code` is stable and for programs, `message` is for people and names the
 * path, digest or URL concerned, never its credentials: logins in URLs are taken out here, wherever the text is from, and
 * the middle of what nobody would read to its end. A bug in tsbuild is a plain `Error` instead.
 */
export class TsbuildError extends Error {
  readonly code: string
  readonly at: SourceRange | undefined
  readonly hint: string | undefined
  readonly log: string | undefined
  /** It came up in a step, and has nothing to do with that one. */
  readonly ofNoStep: boolean

  /** @param code `TSB_` and capitals, such as `TSB_UNKNOWN_STAGE` */
  constructor(code: string, message: string, details: ErrorDetails = {}) {
    super(presentable(message), details.cause === undefined ? undefined : { cause: details.cause })
    this.name = 'TsbuildError'
    this.code = code
    this.at = details.at
    this.hint = details.hint === undefined ? undefined : presentable(details.hint)
    this.log = details.log
    this.ofNoStep = details.ofNoStep ?? false
  }
}

/** An option that cannot be, whatever is built with it: for the command line, a wrong flag. */
export class OptionError extends TsbuildError {}

/** Reads an option: what is wrong with its text is an `OptionError` of the same code. */
export function readOption<T>(read: () => T): T {
  try {
    return read()
  } catch (error) {
    throw asOptionError(error)
  }
}

/** The error of an option that was not only read but tried. Anything but a TsbuildError is given back as it is. */
export function asOptionError(error: unknown): unknown {
  if (!(error instanceof TsbuildError)) return error
  return new OptionError(error.code, error.message, { hint: error.hint, cause: error })
}

/** Characters that are shown of a text at its beginning and at its end: a command and its exit code, say. */
const [headLength, tailLength] = [1500, 400]

/** A text as people may see it: without logins of URLs, and without the middle when it is very long. */
export function presentable(text: string): string {
  const shown = withoutLogins(text)
  if (shown.length <= headLength + tailLength) return shown
  return `${shown.slice(0, headLength)} … ${shown.slice(-tailLength)}`
}

/** The same error with a place, when it has none of its own and could have one. Anything but a TsbuildError is given back as it is. */
export function atPlace(error: unknown, at: SourceRange | undefined): unknown {
  if (!(error instanceof TsbuildError) || error.at || error.ofNoStep || !at) return error
  return new TsbuildError(error.code, error.message, { at, hint: error.hint, cause: error.cause, log: error.log })
}

/** The error of a step with the file that has all that the step printed. Anything but a TsbuildError is given back as it is. */
export function withLog(error: unknown, log: string | undefined): unknown {
  if (!(error instanceof TsbuildError) || log === undefined) return error
  const { code, message, at, hint, cause } = error
  return new TsbuildError(code, message, { at, hint, cause, log })
}

/** What an error says and what to do about it, on one line: for who goes on without what it was. */
export function withHint({ message, hint }: TsbuildError): string {
  return hint === undefined ? message : `${message} (hint: ${hint})`
}

/** True for an error of the operating system with this code, such as `ENOENT`. */
export function isSystemError(error: unknown, ...codes: readonly string[]): error is NodeJS.ErrnoException {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' && codes.includes(error.code)
}

/** Letters beyond which nobody has mistyped a name. */
const typedLimit = 256

/** What looking for a candidate may cost, in pairs of letters compared: a hint is worth no more. */
const workLimit = 2_000_000

/**
 * The candidate nearest to what was typed, when it is near enough to be meant (edit distance up to a third). Of very many
 * only the first are looked at.
 */
export function nearest(typed: string, candidates: Iterable<string>): string | undefined {
  if (typed.length > typedLimit) return undefined
  const limit = Math.max(1, Math.floor(typed.length / 3))
  let best: string | undefined
  let bestDistance = limit + 1
  let work = 0
  for (const candidate of candidates) {
    if (Math.abs(candidate.length - typed.length) > limit) continue
    const distance = editDistance(typed.toLowerCase(), candidate.toLowerCase())
    if (distance < bestDistance) [best, bestDistance] = [candidate, distance]
    work += typed.length * candidate.length
    if (work > workLimit) break
  }
  return best
}

/** `did you mean "build"?`, or undefined when nothing is near. */
export function didYouMean(typed: string, candidates: Iterable<string>): string | undefined {
  const candidate = nearest(typed, candidates)
  return candidate === undefined ? undefined : `did you mean "${candidate}"?`
}

/** How many letters have to be put in, taken out, replaced or swapped with their neighbour. */
function editDistance(a: string, b: string): number {
  let before: readonly number[] = []
  let row = Array.from({ length: b.length + 1 }, (_, i) => i)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const substituted = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]
      const swap = swapped ? (before[j - 2] ?? 0) + 1 : substituted
      next.push(Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, substituted, swap))
    }
    ;[before, row] = [row, next]
  }
  return row[b.length] ?? 0
}
