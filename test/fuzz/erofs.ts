import assert from 'node:assert/strict'
import fc from 'fast-check'
import { erofsImage, NotIndexableError } from '../../src/erofs/index.ts'
import { type Change, nameBytes, rootPath, type TreePath, treeOfEntries, walk } from '../../src/tree/index.ts'
import { type ErofsFile, readErofs } from './erofs-reader.ts'
import type { FuzzTarget } from './target.ts'

const piece = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.constantFrom('a', 'b', 'c', '-', '0', 'é', '\u{10ffff}', 'x'.repeat(90), 'n'.repeat(255)),
  },
  fc.stringMatching(/^[a-c]{1,3}$/),
)
const depth = fc.oneof({ weight: 8, arbitrary: fc.constant(3) }, fc.constant(40))
const path = depth
  .chain((most) => fc.array(piece, { minLength: 1, maxLength: most }))
  .map((pieces) => pieces.join('/') as TreePath)
const capability = Buffer.from('0100000200200000000000000000000000000000', 'hex')
const xattrs = fc.dictionary(
  fc.constantFrom('user.a', 'user.', `user.${'k'.repeat(100)}`, 'security.capability', 'security.x', 'user.é'),
  fc.oneof(
    fc.constant(capability),
    fc.integer({ min: 0, max: 900 }).map((size) => Buffer.alloc(size, 'v')),
  ),
  { maxKeys: 4 },
)
const owner = fc.constantFrom(0, 1, 65_535, 65_536, 4_294_967_294)
const metadata = fc
  .record({ mode: fc.nat(0o7777), uid: owner, gid: owner, mtime: fc.constantFrom(0, 7, 2 ** 31, 8 ** 11 - 1), xattrs })
  .map(({ xattrs: found, ...rest }) => ({ ...rest, xattrs: new Map(Object.entries(found)) }))
/** Of the tar: as many as there can be, so that files may be anywhere. */
const blocks = 2 ** 32 - 1
const kind = fc.oneof(
  fc
    .record({
      block: fc.oneof(
        fc.nat(40),
        fc.nat(2 ** 30).map((at) => at * 4),
      ),
      size: fc.oneof(fc.nat(2000), fc.constantFrom(2 ** 32 + 5, 2 ** 40 + 9)),
    })
    .map(
      ({ block, size }) =>
        ({ kind: 'file', size, content: { kind: 'host', path: '/tar', offset: block * 512 } }) as const,
    ),
  fc
    .integer({ min: 0, max: 1500 })
    .map((size) => ({ kind: 'file', size, content: { kind: 'bytes', bytes: Buffer.alloc(size, 'text') } }) as const),
  fc.boolean().map((opaque) => ({ kind: 'directory', ...(opaque && { opaque }) }) as const),
  fc.integer({ min: 1, max: 4095 }).map((length) => ({ kind: 'symlink', target: 't'.repeat(length) }) as const),
  fc.tuple(fc.nat(4095), fc.nat(2 ** 20 - 1)).map(([major, minor]) => ({ kind: 'block', major, minor }) as const),
  path.map((target) => ({ kind: 'hardlink', target }) as const),
  fc.constant({ kind: 'fifo' } as const),
  fc.constant({ kind: 'whiteout' } as const),
)
const change = fc.tuple(path, metadata, kind).map(([at, said, what]): Change => ({ path: at, ...said, ...what }))
const many = fc.integer({ min: 0, max: 700 }).map((count) =>
  Array.from(
    { length: count },
    (_, index): Change => ({
      kind: 'fifo',
      path: `many/${(index * 7919) % 1009}${'y'.repeat(index % 50)}` as TreePath,
      mode: 0o644,
      uid: 0,
      gid: 0,
      mtime: 7,
    }),
  ),
)

const trees: FuzzTarget<readonly [readonly Change[], readonly Change[]]> = {
  name: 'erofs',
  runs: 400,
  input: fc.tuple(fc.array(change, { maxLength: 30 }), fc.oneof({ weight: 9, arbitrary: fc.constant([]) }, many)),
  holds([some, more]) {
    const tree = treeOfEntries([...some, ...more])
    const root = tree.get(rootPath)
    const changes = [...(root ? [root] : []), ...walk(tree)]
    const image = imageOf(changes)
    if (!image) return
    const found = readErofs(image)
    const expected = changes.filter(({ path: at }) => at !== rootPath)
    assert.deepEqual([...found.keys()].filter(Boolean).sort(), expected.map(({ path: at }) => latin(at)).sort())
    for (const each of expected) assertShows(found, each)
  },
}

function imageOf(changes: readonly Change[]): Buffer | undefined {
  try {
    return Buffer.from(erofsImage(changes, { name: '5a'.repeat(32), size: blocks * 512 }, 'make'))
  } catch (error) {
    if (error instanceof NotIndexableError) return undefined
    throw error
  }
}

function latin(text: string): string {
  return nameBytes(text).toString('latin1')
}

const bits = {
  file: 0o100000,
  directory: 0o040000,
  symlink: 0o120000,
  fifo: 0o010000,
  character: 0o020000,
  block: 0o060000,
}

function assertShows(found: ReadonlyMap<string, ErofsFile>, change: Change): void {
  const file = found.get(latin(change.path))
  assert.ok(file)
  if (change.kind === 'hardlink') {
    assert.equal(file.number, found.get(latin(change.target))?.number)
    return
  }
  if (change.kind === 'whiteout') {
    assert.deepEqual([file.mode & 0o170000, file.rdev], [bits.character, 0])
    return
  }
  assert.deepEqual(
    [file.mode, file.uid, file.gid, file.mtime],
    [bits[change.kind] | change.mode, change.uid, change.gid, change.mtime],
  )
  if (change.kind === 'block' || change.kind === 'character') {
    assert.deepEqual(
      [(file.rdev & 0xfff00) >>> 8, (file.rdev & 0xff) | ((file.rdev >>> 12) & 0xfff00)],
      [change.major, change.minor],
    )
  } else if (change.kind === 'symlink') assert.equal(file.bytes?.toString('latin1'), latin(change.target))
  else if (change.kind === 'file') assertBytes(file, change)
  if (change.kind === 'file' || change.kind === 'directory') assertXattrs(file, change)
  if (change.kind !== 'directory') {
    const names = [...found.values()].filter(({ number }) => number === file.number)
    assert.equal(file.links, names.length)
  }
}

function assertBytes(file: ErofsFile, { size, content }: Extract<Change, { readonly kind: 'file' }>): void {
  assert.equal(file.size, size)
  if (size === 0) return
  if (content.kind === 'bytes') {
    assert.ok(file.bytes?.equals(content.bytes))
    return
  }
  let offset = content.offset
  for (const chunk of file.chunks ?? []) {
    assert.equal(chunk.block * 512, offset)
    offset += chunk.size
  }
  assert.equal(offset, content.offset + size)
}

/** Attributes of a name that is none, and capabilities that are none, are left out. */
function assertXattrs(file: ErofsFile, change: Extract<Change, { readonly kind: 'file' | 'directory' }>): void {
  const expected = [...(change.xattrs ?? [])].filter(([name, value]) =>
    name !== 'security.capability' ? name !== 'user.' : Buffer.from(value).equals(capability),
  )
  if (change.kind === 'directory' && change.opaque) expected.push(['trusted.overlay.opaque', Buffer.from('y')])
  const hex = (pairs: Iterable<readonly [string, Uint8Array]>) =>
    [...pairs].map(([name, value]) => `${name}=${Buffer.from(value).toString('hex')}`).sort()
  assert.deepEqual(hex(file.xattrs), hex(expected))
}

export const erofsTargets = [trees] as const
