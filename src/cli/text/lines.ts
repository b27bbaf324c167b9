/** Turns bytes that come in pieces into lines. */
export interface LineReader {
  /** The lines that these bytes complete. */
  push(bytes: Uint8Array): readonly string[]
  /** What came after the last line, as a line of its own; undefined when there is nothing. */
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
  let returned = false

  return {
    push(bytes) {
      let text = decoder.decode(bytes, { stream: true })
      if (returned && text.startsWith('\n')) text = text.slice(1)
      returned = text.endsWith('\r')
      const pieces = text.split(/(\r\n|\r|\n)/)
      const lines: string[] = []
      for (let i = 0; i + 1 < pieces.length; i += 2) {
        const line = partial + pieces[i]
        partial = ''
        if (line !== '' || pieces[i + 1] !== '\r') lines.push(...parts(line))
      }
      const open = parts(partial + pieces.at(-1))
      partial = open.pop() ?? ''
      return [...lines, ...open]
    },
    rest() {
      const line = partial
      partial = ''
      return line === '' ? undefined : line
    },
  }
}

/** At least one; all but the last have the full length. */
function parts(line: string): string[] {
  const found: string[] = []
  let start = 0
  for (; line.length - start > longestLine; start += longestLine) found.push(line.slice(start, start + longestLine))
  return [...found, line.slice(start)]
}
