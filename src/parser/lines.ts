import { TsbuildError } from '../errors.ts'
import type { Places } from './places.ts'

/** A line of a text by offsets: `end` is before the line end (`\n`, also with any `\r` before it), `next` is after it. */
export interface Line {
  readonly start: number
  readonly end: number
  readonly next: number
}

/** The line that starts at an offset, or undefined at the end of the text. */
export function lineAt(text: string, start: number): Line | undefined {
  if (start >= text.length) return undefined
  const feed = text.indexOf('\n', start)
  const next = feed < 0 ? text.length : feed + 1
  let end = feed < 0 ? text.length : feed
  while (end > start && text.charCodeAt(end - 1) === 13) end--
  return { start, end, next }
}

/** Bytes that a line may have, without its line feed: as many as BuildKit reads. */
const lengthLimit = 65_535

/** A character of JavaScript (a UTF-16 unit) has at most this many bytes in UTF-8. */
const bytesPerCharacter = 3

/**
 * Refuses a line that is too long, wherever it stands.
 * @throws {TsbuildError} TSB_LINE_TOO_LONG
 */
export function checkLineLengths(text: string, place: Places): void {
  for (let line = lineAt(text, 0); line; line = lineAt(text, line.next)) {
    if ((line.next - line.start) * bytesPerCharacter <= lengthLimit) continue
    const bytes = Buffer.byteLength(text.slice(line.start, line.next).replace(/\n$/, ''))
    if (bytes > lengthLimit) throw tooLong(line, bytes, place)
  }
}

function tooLong({ start }: Line, bytes: number, place: Places): TsbuildError {
  const at = place(start, start)
  const message = `dockerfile line greater than max allowed size of ${lengthLimit}: line ${at.start.line + 1} has ${bytes} bytes`
  return new TsbuildError('TSB_LINE_TOO_LONG', message, {
    at,
    hint: 'continue the line on the next one with \\ at its end, or COPY a file',
  })
}
