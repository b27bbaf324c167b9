import fc from 'fast-check'
import { expect, test } from 'vitest'
import { sha256 } from '../../../src/digest/index.ts'
import type { FileRead } from '../../../src/tree/tar/fill.ts'
import { packReads, unpackReads } from '../../../src/tree/tar/fill-protocol.ts'

const path = fc.string({ unit: 'grapheme', minLength: 1 }).filter((text) => !text.includes('\0'))
const identity = fc.record({
  dev: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
  ino: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
  mtimeNs: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  ctimeNs: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
})
const file = fc.record({
  path,
  offset: fc.maxSafeNat(),
  size: fc.maxSafeNat(),
  identity: fc.option(identity, { nil: undefined }),
})
const copy = fc.record({ path, offset: fc.maxSafeNat(), digest: fc.constantFrom(sha256('a'), sha256('b')) })
const numbers = { size: fc.maxSafeNat(), from: fc.maxSafeNat(), length: fc.nat(), at: fc.nat() }
const read = fc.record({
  ...numbers,
  file: fc.option(file, { nil: undefined }),
  copy: fc.option(copy, { nil: undefined }),
})

test('what another thread is asked to read comes out as it went in, names that are no text too', () => {
  fc.assert(
    fc.property(fc.array(read), (reads: readonly FileRead[]) => {
      expect(unpackReads(structuredClone(packReads(reads)))).toEqual(reads)
    }),
  )
  const odd: FileRead = { ...{ size: 1, from: 0, length: 1, at: 0 }, file: undefined, copy: undefined }
  const named = { ...odd, file: { path: 'a\udcff/\udc80', offset: 0, size: 1, identity: undefined } }
  expect(unpackReads(structuredClone(packReads([odd, named])))).toEqual([odd, named])
})
