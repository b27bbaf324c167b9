import { isUtf8 } from 'node:buffer'

/**
 * File names as text. On Linux a name is bytes; nearly always UTF-8, and then the text is just that. A byte that is not
 * part of valid UTF-8 stands as the lone surrogate U+DC00 + byte (U+DC80 to U+DCFF), which valid UTF-8 never gives, so
 * every name has one text and every text from here gives the same bytes back. (Python calls this surrogateescape.)
 */
export function decodeName(bytes: Uint8Array): string {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (isUtf8(buffer)) return buffer.toString('utf8')
  let text = ''
  for (let at = 0; at < buffer.length; ) {
    const length = sequenceLength(buffer, at)
    text +=
      length === 0 ? String.fromCharCode(escapeBase + (buffer[at] ?? 0)) : buffer.toString('utf8', at, at + length)
    at += Math.max(1, length)
  }
  return text
}

/** A name or path in the form that Node's `fs` takes: the text itself when it is plain, else its bytes. */
export function encodeName(name: string): string | Buffer {
  return name.isWellFormed() ? name : nameBytes(name)
}

/** The bytes of a name or path. */
export function nameBytes(name: string): Buffer {
  if (name.isWellFormed()) return Buffer.from(name)
  const parts: Buffer[] = []
  for (const character of name) {
    const code = character.charCodeAt(0)
    parts.push(isEscape(character, code) ? Buffer.of(code - escapeBase) : Buffer.from(character))
  }
  return Buffer.concat(parts)
}

const escapeBase = 0xdc00

function isEscape(character: string, code: number): boolean {
  return character.length === 1 && code >= escapeBase + 0x80 && code <= escapeBase + 0xff
}

/** Bytes of the valid UTF-8 sequence at this place; 0 when there is none. */
function sequenceLength(buffer: Buffer, at: number): number {
  const first = buffer[at] ?? 0
  const length = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4
  return at + length <= buffer.length && isUtf8(buffer.subarray(at, at + length)) ? length : 0
}
