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
