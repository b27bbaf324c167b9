import { createHash } from 'node:crypto'
import { constants, createZstdCompress, gunzipSync, gzipSync, zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { compress, decompress, defaultCompressionLimits, sniffCompression } from '../../src/tree/index.ts'
import { collect, countBytes } from '../support/collect.ts'
import { pipeThrough } from '../support/pipe-through.ts'
import { hasProgram } from '../support/programs.ts'
import { inPieces } from '../support/tar.ts'

const text = Buffer.from('what is compressed comes back as it was\n'.repeat(1500))
const code = (wanted: string) => expect.objectContaining({ code: wanted })

/** Not to be compressed well, and the same each time. */
function noise(size: number): Buffer {
  const parts = Array.from({ length: Math.ceil(size / 32) }, (_, at) =>
    createHash('sha256').update(String(at)).digest(),
  )
  return Buffer.concat(parts).subarray(0, size)
}

async function* zeros(size: number) {
  const piece = new Uint8Array(2 ** 20)
  for (let left = size; left > 0; left -= piece.length) yield left < piece.length ? piece.subarray(0, left) : piece
}

const checked = { params: { [constants.ZSTD_c_checksumFlag]: 1 } }
const tools = [
  { name: 'gzip', pack: (bytes: Buffer) => gzipSync(bytes), tool: undefined },
  { name: 'zstd', pack: (bytes: Buffer) => zstdCompressSync(bytes, checked), tool: undefined },
  { name: 'bzip2', pack: (bytes: Buffer) => pipeThrough(bytes, 'bzip2', '-c'), tool: 'bzip2' },
  { name: 'xz', pack: (bytes: Buffer) => pipeThrough(bytes, 'xz', '-c', '-T1'), tool: 'xz' },
] as const

for (const { name, pack, tool } of tools) {
  describe.skipIf(tool !== undefined && !hasProgram(tool))(`${name} (needs ${tool ?? 'nothing'})`, () => {
    test('is known by its first bytes', () => {
      expect(sniffCompression(pack(text))).toBe(name)
    })

    test('comes back as it was, in pieces of any size', async () => {
      for (const size of [1, 700, 1e6])
        expect((await collect(decompress(inPieces(pack(text), size)))).equals(text)).toBe(true)
      const large = noise(1_000_000)
      expect((await collect(decompress(inPieces(pack(large), 65_536)))).equals(large)).toBe(true)
    })

    test('A32 all members are read', async () => {
      const both = Buffer.concat([pack(text), pack(Buffer.from('second'))])
      for (const size of [1, 17, 1e6]) {
        const found = await collect(decompress(inPieces(both, size)))
        expect(found.subarray(text.length).toString()).toBe('second')
      }
    })

    test('A32 garbage after the data is an error', async () => {
      const packed = Buffer.concat([pack(text), Buffer.from('garbage that is no member')])
      await expect(collect(decompress(inPieces(packed, 1e6)))).rejects.toEqual(
        code(expect.stringMatching(/^TSB_ARCHIVE_/)),
      )
      await expect(collect(decompress(inPieces(packed, 5)))).rejects.toEqual(
        code(expect.stringMatching(/^TSB_ARCHIVE_/)),
      )
    })

    test('data that is cut short is an error', async () => {
      const packed = pack(noise(100_000))
      const cut = packed.subarray(0, packed.length / 2)
      await expect(collect(decompress(inPieces(cut)))).rejects.toEqual(code('TSB_ARCHIVE_TRUNCATED'))
    })

    test('damaged data is an error', async () => {
      const packed = Buffer.from(pack(noise(100_000)))
      for (let at = 30_000; at < 30_100; at++) packed[at] = (packed[at] ?? 0) ^ 0xff
      await expect(collect(decompress(inPieces(packed)))).rejects.toEqual(code('TSB_ARCHIVE_DAMAGED'))
    })

    test('A29 data that grows without measure is a bomb', async () => {
      const packed = pack(Buffer.alloc(4 * 2 ** 20))
      const limits = { ...defaultCompressionLimits, ratio: 100, ratioAfter: 2 ** 19 }
      await expect(countBytes(decompress(inPieces(packed, 65_536), limits))).rejects.toEqual(code('TSB_ARCHIVE_BOMB'))
    })

    test('A29 the limit of bytes holds at the limit and beyond', async () => {
      const limits = { ...defaultCompressionLimits, unpackedBytes: text.length }
      expect(await countBytes(decompress(inPieces(pack(text)), limits))).toBe(text.length)
      const more = pack(Buffer.concat([text, Buffer.of(0)]))
      await expect(countBytes(decompress(inPieces(more), limits))).rejects.toEqual(code('TSB_ARCHIVE_BOMB'))
    })

    test('an error of the source passes through', async () => {
      async function* failing() {
        yield pack(text).subarray(0, 20)
        throw new RangeError('the source broke')
      }
      await expect(collect(decompress(failing()))).rejects.toThrow('the source broke')
    })

    test('a reader that stops early stops the source', async () => {
      let stopped = false
      async function* source() {
        try {
          const packed = pack(noise(300_000))
          for (;;) yield packed
        } finally {
          stopped = true
        }
      }
      for await (const _ of decompress(source())) break
      await new Promise((resolve) => setImmediate(resolve))
      expect(stopped).toBe(true)
    })
  })
}

test('bytes without a compression stay as they are', async () => {
  for (const bytes of [Buffer.alloc(0), Buffer.from('B'), text]) {
    expect((await collect(decompress(inPieces(bytes, 3)))).equals(bytes)).toBe(true)
  }
})

test('A29 gzip of zeros without end stops soon after 64 MiB', { timeout: 60_000 }, async () => {
  const packed = await collect(compress(zeros(2 ** 28), 'gzip', 9))
  let seen = 0
  const reading = async () => {
    for await (const piece of decompress(inPieces(packed, 65_536))) seen += piece.length
  }
  await expect(reading()).rejects.toEqual(code('TSB_ARCHIVE_BOMB'))
  expect(seen).toBeLessThanOrEqual(65 * 2 ** 20)
})

describe('A30 zstd frames', () => {
  const frameWithWindow = (exponent: number, mantissa = 0) =>
    Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x00, (exponent << 3) | mantissa, 1, 0, 0])

  test('a window of 128 MiB is taken, a larger one is not', async () => {
    expect(await countBytes(decompress(inPieces(frameWithWindow(17))))).toBe(0)
    await expect(countBytes(decompress(inPieces(frameWithWindow(17, 1))))).rejects.toEqual(code('TSB_ARCHIVE_WINDOW'))
    await expect(countBytes(decompress(inPieces(frameWithWindow(21))))).rejects.toEqual(code('TSB_ARCHIVE_WINDOW'))
  })

  test('skippable frames are skipped wherever they are', async () => {
    const skippable = Buffer.concat([Buffer.from([0x5a, 0x2a, 0x4d, 0x18, 4, 0, 0, 0]), Buffer.from('skip')])
    const packed = Buffer.concat([
      skippable,
      zstdCompressSync('a'),
      skippable,
      skippable,
      zstdCompressSync('b'),
      skippable,
    ])
    for (const size of [1, 7, 1e6]) expect((await collect(decompress(inPieces(packed, size)))).toString()).toBe('ab')
  })

  test('frames with and without checksum, of known and unknown size', async () => {
    const streamed = await collect(compress(inPieces(text), 'zstd', 3))
    const plain = createZstdCompress({ params: { [constants.ZSTD_c_checksumFlag]: 0 } })
    plain.end(text)
    const packed = Buffer.concat([streamed, await collect(plain), zstdCompressSync(noise(70_000))])
    expect(await countBytes(decompress(inPieces(packed, 333)))).toBe(2 * text.length + 70_000)
  })
})

describe('compress', () => {
  test('gzip gives the same bytes however many blocks are in work', async () => {
    const bytes = noise(5_000_000)
    const one = await collect(compress(inPieces(bytes, 999), 'gzip', 6, 1))
    const many = await collect(compress(inPieces(bytes, 100_000), 'gzip', 6, 8))
    expect(one.equals(many)).toBe(true)
    expect(gunzipSync(one).equals(bytes)).toBe(true)
  })

  test.each(['gzip', 'zstd'] as const)('takes all of a piece before it asks for the next (%s)', async (compression) => {
    const bytes = noise(3_000_000)
    async function* reusing() {
      const buffer = Buffer.alloc(300_000)
      for (let at = 0; at < bytes.length; at += buffer.length) {
        bytes.copy(buffer, 0, at)
        yield buffer
        buffer.fill(0)
      }
    }
    const packed = await collect(compress(reusing(), compression, 3))
    expect((await collect(decompress(inPieces(packed, 65_536)))).equals(bytes)).toBe(true)
  })

  test('the gzip header holds no time, name or system', async () => {
    const packed = await collect(compress(inPieces(text), 'gzip', 6))
    expect([...packed.subarray(0, 10)]).toEqual([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255])
  })

  test('nothing is compressed to something that gives nothing', async () => {
    expect(gunzipSync(await collect(compress(inPieces(Buffer.alloc(0)), 'gzip', 6))).length).toBe(0)
    expect(zstdDecompressSync(await collect(compress(inPieces(Buffer.alloc(0)), 'zstd', 3))).length).toBe(0)
  })

  test('zstd gives back what went in', async () => {
    expect(zstdDecompressSync(await collect(compress(inPieces(text), 'zstd', 3))).equals(text)).toBe(true)
  })

  test.skipIf(!hasProgram('gzip'))('GNU gzip reads it (needs gzip)', async () => {
    const bytes = Buffer.concat([noise(2_500_000), text])
    expect(pipeThrough(await collect(compress(inPieces(bytes, 65_536), 'gzip', 6)), 'gzip', '-dc').equals(bytes)).toBe(
      true,
    )
  })

  test('an error of the source passes through', async () => {
    async function* failing() {
      yield text
      throw new RangeError('the source broke')
    }
    await expect(collect(compress(failing(), 'gzip', 6))).rejects.toThrow('the source broke')
    await expect(collect(compress(failing(), 'zstd', 3))).rejects.toThrow('the source broke')
  })
})
