import fc from 'fast-check'
import { expect, test } from 'vitest'
import { TsbuildError } from '../../../src/errors.ts'
import { decompress, defaultArchiveLimits, readTar, treePath, writeTar } from '../../../src/tree/index.ts'
import { collect, countBytes } from '../../support/collect.ts'
import { tries } from '../../support/fuzz.ts'
import { inPieces, tar } from '../../support/tar.ts'

const limits = { ...defaultArchiveLimits, unpackedBytes: 2 ** 20 }

/** Reads everything; only the errors that an archive may cause are let through as a result. */
async function readAll(bytes: Uint8Array, size: number): Promise<string> {
  try {
    for await (const { body } of readTar(decompress(inPieces(bytes, size)), 'layer', limits)) await countBytes(body)
    return 'read'
  } catch (error) {
    if (error instanceof TsbuildError) return error.code
    throw error
  }
}

const sample = tar(
  'd a/',
  'f a/b=some text',
  { name: 'p', pax: { path: 'é', mtime: '1.5', 'SCHILY.xattr.user.x': 'y' }, body: 'x'.repeat(700) },
  { name: 'L', type: 'L', body: 'long\0' },
  's l->a',
  {
    name: 's',
    body: '1\n0\n3\n'.padEnd(512, '\0').concat('abc'),
    pax: { 'GNU.sparse.major': '1', 'GNU.sparse.minor': '0', 'GNU.sparse.realsize': '9' },
  },
  'h h->a/b',
  'f .wh.gone=',
)

test('an archive with any bytes changed is read or refused, and nothing else happens', async () => {
  const change = fc.tuple(fc.nat(sample.length - 1), fc.integer({ min: 0, max: 255 }))
  await fc.assert(
    fc.asyncProperty(
      fc.array(change, { minLength: 1, maxLength: 4 }),
      fc.integer({ min: 1, max: 3000 }),
      async (changes, size) => {
        const damaged = Buffer.from(sample)
        for (const [at, byte] of changes) damaged[at] = byte
        expect(await readAll(damaged, size)).toMatch(/^(read|TSB_[A-Z_]+)$/)
      },
    ),
    tries(300),
  )
})

test('a header with any bytes in it and a right checksum is read or refused, and nothing else happens', async () => {
  const part = fc.tuple(fc.nat(147), fc.uint8Array({ minLength: 1, maxLength: 12 }))
  const later = fc.tuple(fc.integer({ min: 156, max: 500 }), fc.uint8Array({ minLength: 1, maxLength: 12 }))
  const type = fc.constantFrom(...'0123456717gxLKSVDX\0')
  const records = fc.dictionary(
    fc.constantFrom('path', 'linkpath', 'size', 'uid', 'mtime', 'GNU.sparse.map', 'GNU.sparse.size'),
    fc.string({ maxLength: 9 }),
  )
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.oneof(part, later), { maxLength: 3 }),
      type,
      records,
      fc.string(),
      async (parts, kind, pax, body) => {
        const archive = tar({ name: 'a', type: kind, raw: Object.fromEntries(parts), pax, body }, 'f b=1')
        expect(await readAll(archive, 512)).toMatch(/^(read|TSB_[A-Z_]+)$/)
      },
    ),
    tries(300),
  )
})

test('an archive cut anywhere is read or refused, and nothing else happens', async () => {
  await fc.assert(
    fc.asyncProperty(fc.nat(sample.length), fc.integer({ min: 1, max: 3000 }), async (length, size) => {
      expect(await readAll(sample.subarray(0, length), size)).toMatch(
        /^(read|TSB_ARCHIVE_TRUNCATED|TSB_ARCHIVE_SPARSE)$/,
      )
    }),
    tries(200),
  )
})

test('any names, owners, times and contents are read as they were written', async () => {
  const name = fc
    .string({ unit: 'grapheme', minLength: 1, maxLength: 40 })
    .filter(
      (text) =>
        treePath(text) === text && !text.includes('\0') && !text.startsWith('.wh.') && Buffer.byteLength(text) < 256,
    )
  const file = fc.record({
    path: fc
      .array(name, { minLength: 1, maxLength: 4 })
      .map((pieces) => treePath(pieces.join('/')))
      .filter((path) => path !== '' && !path.includes('.wh.')),
    mode: fc.nat(0o7777),
    uid: fc.nat(2 ** 31),
    gid: fc.nat(2 ** 31),
    mtime: fc.integer({ min: 0, max: 8 ** 11 - 1 }),
    bytes: fc.uint8Array({ maxLength: 2000 }),
  })
  await fc.assert(
    fc.asyncProperty(fc.array(file, { maxLength: 5 }), async (files) => {
      const changes = files.map(
        ({ bytes, ...said }) =>
          ({ kind: 'file', ...said, size: bytes.length, content: { kind: 'bytes', bytes } }) as const,
      )
      const found: object[] = []
      for await (const { entry, body } of readTar(inPieces(await collect(writeTar(changes))), 'layer'))
        found.push({ ...entry, bytes: new Uint8Array(await collect(body)) })
      expect(found).toEqual(files.map(({ bytes, ...said }) => ({ kind: 'file', ...said, size: bytes.length, bytes })))
    }),
    tries(100),
  )
})
