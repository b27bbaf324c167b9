import { visible } from '../../text/index.ts'

/** Bytes of a file that are shown. */
export const shownBytes = 1 << 20
/** Of one that is no text. */
const dumpedBytes = 64 * 1024

/** A file as lines that do nothing to a terminal: text, or bytes in hexadecimal where it has a NUL. */
export function contentLines(bytes: Uint8Array, size: number): readonly string[] {
  const isText = !bytes.subarray(0, 8192).includes(0)
  const lines = isText ? textLines(bytes) : dumpLines(bytes.subarray(0, dumpedBytes))
  const shown = isText ? bytes.length : Math.min(bytes.length, dumpedBytes)
  return shown < size ? [...lines, '', `(the first ${shown} of ${size} bytes)`] : lines
}

function textLines(bytes: Uint8Array): readonly string[] {
  const lines = new TextDecoder().decode(bytes).split(/\r\n|\n|\r/)
  if (lines.at(-1) === '') lines.pop()
  return lines.map((line) => visible(withoutTabs(line)))
}

function withoutTabs(line: string): string {
  if (!line.includes('\t')) return line
  let text = ''
  for (const piece of line.split(/(\t)/)) text += piece === '\t' ? ' '.repeat(8 - (text.length % 8)) : piece
  return text
}

function dumpLines(bytes: Uint8Array): readonly string[] {
  const lines: string[] = []
  for (let at = 0; at < bytes.length; at += 16) {
    const part = [...bytes.subarray(at, at + 16)]
    const hex = part.map((byte) => byte.toString(16).padStart(2, '0')).join(' ')
    const text = part.map((byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '.')).join('')
    lines.push(`${at.toString(16).padStart(8, '0')}  ${hex.padEnd(47)}  ${text}`)
  }
  return lines
}
