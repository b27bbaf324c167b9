import { describe, expect, test } from 'vitest'
import { lineReader, longestLine } from '../../../src/cli/text/lines.ts'

function read(...pieces: readonly (string | Uint8Array)[]): readonly (string | undefined)[] {
  const reader = lineReader()
  const lines = pieces.flatMap((piece) => reader.push(typeof piece === 'string' ? Buffer.from(piece) : piece))
  return [...lines, reader.rest()]
}

describe('lineReader', () => {
  test('a line ends at \\n, also when it comes in pieces', () => {
    expect(read('a\nb', 'c\n', '\nd')).toEqual(['a', 'bc', '', 'd'])
  })

  test('\\r\\n is one end, also across pieces', () => {
    expect(read('a\r\nb\r', '\nc\r\n')).toEqual(['a', 'b', 'c', undefined])
  })

  test('H03: a carriage return starts a new line', () => {
    expect(read('OK\rFAKE')).toEqual(['OK\r', 'FAKE'])
  })

  test('a carriage return on an empty line makes none', () => {
    expect(read('\r10%\r20%\n')).toEqual(['10%\r', '20%', undefined])
  })

  test('a character in two pieces is one', () => {
    expect(read(Buffer.from([0xc3]), Buffer.from([0xa9, 0x0a]))).toEqual(['é', undefined])
  })

  test('bytes that are no UTF-8 become U+FFFD', () => {
    expect(read(Buffer.from([0x61, 0xff, 0x0a]))).toEqual(['a\ufffd', undefined])
  })

  test('H05: a line without an end is handed out in parts and never kept whole', () => {
    const reader = lineReader()
    const piece = Buffer.alloc(100_000, 'y')
    let length = 0
    for (let i = 0; i < 50; i++) {
      for (const line of reader.push(piece)) {
        expect(line.length).toBe(longestLine)
        length += line.length
      }
    }
    expect(length + (reader.rest()?.length ?? 0)).toBe(5_000_000)
  })
})
