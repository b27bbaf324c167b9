import { type Digest, type Hasher, sha256Hasher } from '../../digest/index.ts'
import { atOnce, readContent, readInto } from '../content.ts'
import type { Change, FileEntry } from '../entry.ts'
import type { TreePath } from '../path.ts'
import { type Batch, openBatch } from './batch.ts'
import { encodeHeader, encodeOpaque, encodeWhiteout } from './encode.ts'
import { blockSize } from './fields.ts'
import { checkNotReserved } from './whiteout.ts'

/** A tar that was written. */
export interface WrittenTar {
  /** sha256 of all its bytes. */
  readonly diffId: Digest
  readonly size: number
  /** Each regular file: sha256 of its bytes, and where they begin in the tar. */
  readonly files: ReadonlyMap<TreePath, WrittenFile>
}
export interface WrittenFile {
  readonly digest: Digest
  readonly offset: number
}

/**
 * The tar of some changes, in the order in which they come (`tarOrder`): the same changes give the same bytes. Directories
 * that nobody said are left out.
 * @throws {TsbuildError} TSB_WHITEOUT_RESERVED for a name that would be a whiteout; TSB_FILE_CHANGED
 */
export function writeTar(changes: Iterable<Change>): AsyncGenerator<Uint8Array, void, undefined> {
  return tarPieces(changes)
}

/** As `writeTar`, hashing on the way: each file is read once. `done` is for after the last byte was taken. */
export function layerTar(changes: Iterable<Change>): {
  readonly bytes: AsyncIterable<Uint8Array>
  readonly done: () => WrittenTar
} {
  const files = new Map<TreePath, WrittenFile>()
  const hasher = sha256Hasher()
  let size = 0
  let result: WrittenTar | undefined
  async function* bytes(): AsyncGenerator<Uint8Array, void, undefined> {
    for await (const piece of tarPieces(changes, files)) {
      hasher.update(piece)
      size += piece.length
      yield piece
    }
    result = { diffId: hasher.digest(), size, files }
  }
  return {
    bytes: bytes(),
    done() {
      if (!result) throw new Error('the tar is not written to its end')
      return result
    },
  }
}

/** @param files where each file is noted; without it nothing is hashed */
async function* tarPieces(
  changes: Iterable<Change>,
  files?: Map<TreePath, WrittenFile>,
): AsyncGenerator<Uint8Array, void, undefined> {
  const batch = openBatch(2 ** 20)
  for (const change of changes) {
    if (change.kind === 'directory' && change.implied && !change.opaque) continue
    yield* put(batch, headerOf(change))
    if (change.kind !== 'file') continue
    const offset = batch.position
    const hasher = files && sha256Hasher()
    yield* change.size <= atOnce ? putSmall(batch, change, hasher) : putLarge(batch, change, hasher)
    if (hasher) files.set(change.path, { digest: hasher.digest(), offset })
    yield* put(batch, zeros.subarray(0, (blockSize - (change.size % blockSize)) % blockSize))
  }
  yield* put(batch, zeros)
  yield batch.take()
}

/** The end mark, and more than any padding. */
const zeros = new Uint8Array(2 * blockSize)

function* put(batch: Batch, bytes: Uint8Array): Generator<Uint8Array, void, undefined> {
  if (!batch.fits(bytes.length)) yield batch.take(bytes.length)
  batch.reserve(bytes.length).set(bytes)
}

function* putSmall(batch: Batch, file: FileEntry, hasher: Hasher | undefined): Generator<Uint8Array, void, undefined> {
  if (!batch.fits(file.size)) yield batch.take()
  const bytes = batch.reserve(file.size)
  readInto(bytes, file)
  hasher?.update(bytes)
}

async function* putLarge(
  batch: Batch,
  file: FileEntry,
  hasher: Hasher | undefined,
): AsyncGenerator<Uint8Array, void, undefined> {
  yield batch.take()
  for await (const piece of readContent(file)) {
    hasher?.update(piece)
    batch.pass(piece.length)
    yield piece
  }
}

function headerOf(change: Change): Buffer {
  checkNotReserved(change.path)
  if (change.kind === 'whiteout') return encodeWhiteout(change)
  const header = encodeHeader(change)
  return change.kind === 'directory' && change.opaque ? Buffer.concat([header, encodeOpaque(change)]) : header
}
