import fc from 'fast-check'
import type { IndexedChange } from '../../src/cache/layer-index.ts'
import { sha256 } from '../../src/digest/index.ts'
import { decodeName, type Metadata, type TreePath } from '../../src/tree/index.ts'

const count = fc.oneof(fc.nat(300), fc.nat(), fc.maxSafeNat())
const usual = fc.constantFrom('a', 'b', 'c', 'a.txt', 'B', 'é', 'z\uffee', '😀', 'a-', 'long-'.repeat(60))
/** Also those that are no text. */
const bytes = fc
  .uint8Array({ minLength: 1, maxLength: 4 })
  .map((name) => decodeName(name.map((byte) => (byte === 47 ? 46 : byte))))
export const anyName = fc.oneof({ weight: 4, arbitrary: usual }, bytes).filter((name) => !/^\.{1,2}$|[\0/]/.test(name))
const path = fc.array(anyName, { minLength: 1, maxLength: 4 }).map((pieces) => pieces.join('/') as TreePath)

const xattrs = fc
  .array(fc.tuple(fc.constantFrom('user.a', 'user.é', 'security.capability'), fc.uint8Array({ maxLength: 300 })))
  .map((pairs) => new Map(pairs.map(([name, value]) => [name, Buffer.from(value)])))

const metadata = fc
  .record({
    mode: fc.nat(0o7777),
    uid: count,
    gid: count,
    mtime: fc.oneof(count, fc.integer(), fc.double({ noNaN: true })),
    xattrs: fc.option(xattrs, { nil: undefined }),
  })
  .map(({ xattrs, ...rest }): Metadata => (xattrs ? { ...rest, xattrs } : rest))

const file = fc.record({
  size: count,
  data: count,
  text: fc.option(fc.string(), { nil: undefined }),
  known: fc.boolean(),
})

/** A change as an index of a layer has it, of any kind, also where no layer has one. */
export function anyChange(at: fc.Arbitrary<string> = path): fc.Arbitrary<IndexedChange> {
  const said = fc.tuple(at as fc.Arbitrary<TreePath>, metadata).map(([path, rest]) => ({ path, ...rest }))
  return fc.oneof(
    fc.tuple(said, file).map(([rest, { size, data, text, known }]): IndexedChange => {
      const digest = known ? { digest: sha256(`${size}`) } : {}
      const inline = text === undefined ? data : Buffer.from(text).toString('base64')
      return { kind: 'file', ...rest, size, ...digest, data: inline }
    }),
    fc.tuple(said, fc.boolean(), fc.boolean()).map(
      ([rest, isOpaque, isImplied]): IndexedChange => ({
        kind: 'directory',
        ...rest,
        ...(isOpaque && { opaque: true }),
        ...(isImplied && { implied: true }),
      }),
    ),
    fc.tuple(said, anyName).map(([rest, target]): IndexedChange => ({ kind: 'symlink', ...rest, target })),
    fc.tuple(said, path).map(([rest, target]): IndexedChange => ({ kind: 'hardlink', ...rest, target })),
    fc
      .tuple(said, fc.constantFrom('character', 'block'), count, count)
      .map(([rest, kind, major, minor]): IndexedChange => ({ kind, ...rest, major, minor })),
    said.map((rest): IndexedChange => ({ kind: 'fifo', ...rest })),
    said.map(({ path }): IndexedChange => ({ kind: 'whiteout', path })),
  )
}
