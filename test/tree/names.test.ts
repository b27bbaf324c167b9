import fc from 'fast-check'
import { expect, test } from 'vitest'
import { decodeName, encodeName, nameBytes } from '../../src/tree/names.ts'

test('a UTF-8 name is its text', () => {
  expect(decodeName(Buffer.from('café/日本/😀'))).toBe('café/日本/😀')
  expect(encodeName('café')).toBe('café')
})

test('a byte that is not UTF-8 is one lone surrogate', () => {
  expect(decodeName(Buffer.from([0x61, 0xff, 0xfe, 0x62]))).toBe('a\udcff\udcfeb')
  expect(encodeName('a\udcff')).toEqual(Buffer.from([0x61, 0xff]))
})

test('an overlong form and a surrogate in UTF-8 are kept as bytes', () => {
  expect(decodeName(Buffer.from([0xc0, 0xaf]))).toBe('\udcc0\udcaf')
  expect(decodeName(Buffer.from([0xed, 0xb2, 0x80]))).toBe('\udced\udcb2\udc80')
})

test('any bytes survive the way to text and back', () => {
  fc.assert(
    fc.property(fc.uint8Array(), (bytes) => {
      expect(Buffer.compare(nameBytes(decodeName(bytes)), bytes)).toBe(0)
    }),
  )
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.uint8Array({ maxLength: 4 }), (text, bytes) => {
      const mixed = Buffer.concat([Buffer.from(text), bytes, Buffer.from(text)])
      expect(Buffer.compare(nameBytes(decodeName(mixed)), mixed)).toBe(0)
    }),
  )
})
