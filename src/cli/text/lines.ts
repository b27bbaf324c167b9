/** Turns bytes that come in pieces into lines. */
export interface LineReader {
  /** The lines that these bytes complete. One that a carriage return ended, which more text may overwrite, has it at its end. */
  push(bytes: Uint8Array): readonly string[]
  /** What came after the last line so far. */
  readonly open: string
  /** The same as a line of its own; undefined when there is nothing. */
  rest(): string | undefined
}

/** In UTF-16 units. A longer line is handed out in parts, so that what is kept stays bounded. */
export const longestLine = 65_536

/**
 * A line ends at `\n`, `\r\n` or `\r`: what a carriage return would have overwritten is a line of its own, but for an
 * empty one. Bytes are UTF-8; others become U+FFFD.
 */
export function lineReader(): LineReader {
  const decoder = new TextDecoder()
  let partial = ''

  return {
    push(bytes) {
      const text = partial + decoder.decode(bytes, { stream: true })
      // What follows the last one says whether it is half of a `\r\n`.
      const end = text.endsWith('\r') ? text.length - 1 : text.length
      const lines: string[] = []
      for (const line of linesOf(text.slice(0, end))) addParts(line, lines)
      partial = (lines.pop() ?? '') + text.slice(end)
      return lines
    },
    get open() {
      return partial.endsWith('\r') ? partial.slice(0, -1) : partial
    },
    rest() {
      const line = this.open
      partial = ''
      return line === '' ? undefined : line
    },
  }
}

/** The last one is what has no end yet. */
function linesOf(text: string): readonly string[] {
  if (!text.includes('\r')) return text.split('\n')
  const pieces = text.split(/(\r\n|\r|\n)/)
  const lines: string[] = []
  for (let i = 0; i + 1 < pieces.length; i += 2) {
    const isReturn = pieces[i + 1] === '\r'
    const line = pieces[i] ?? ''
    if (line !== '' || !isReturn) lines.push(isReturn ? `${line}\r` : line)
  }
  return [...lines, pieces.at(-1) ?? '']
}

/** Adds a line: at least one part; all but the last have the full length. */
function addParts(line: string, found: string[]): void {
  let start = 0
  for (; line.length - start > longestLine; start += longestLine) found.push(line.slice(start, start + longestLine))
  found.push(start === 0 ? line : line.slice(start))
}
