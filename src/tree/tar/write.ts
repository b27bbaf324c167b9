import { type Digest, type Hasher, sha256Hasher } from '../../digest/index.ts'
import { readContent } from '../content.ts'
import type { Change, FileEntry } from '../entry.ts'
import type { TreePath } from '../path.ts'
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
export async function* writeTar(changes: Iterable<Change>): AsyncGenerator<Uint8Array, void, undefined> {
  yield* inBatches(tarPieces(changes))
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
    for await (const batch of inBatches(tarPieces(changes, (file, written) => files.set(file.path, written)))) {
      hasher.update(batch)
      size += batch.length
      yield batch
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

type Observer = (file: FileEntry, written: WrittenFile) => void

async function* tarPieces(changes: Iterable<Change>, observe?: Observer): AsyncGenerator<Uint8Array, void, undefined> {
  let position = 0
  for (const change of changes) {
    if (change.kind === 'directory' && change.implied && !change.opaque) continue
    const header = headerOf(change)
    yield header
    position += header.length
    if (change.kind !== 'file') continue
    const hasher = observe && sha256Hasher()
    yield* hashed(readContent(change), hasher)
    if (hasher) observe(change, { digest: hasher.digest(), offset: position })
    const padding = (blockSize - (change.size % blockSize)) % blockSize
    if (padding > 0) yield zeros.subarray(0, padding)
    position += change.size + padding
  }
  yield zeros
}

/** The end mark, and more than any padding. */
const zeros = new Uint8Array(2 * blockSize)

async function* hashed(
  bytes: AsyncIterable<Uint8Array>,
  hasher: Hasher | undefined,
): AsyncGenerator<Uint8Array, void, undefined> {
  for await (const piece of bytes) {
    hasher?.update(piece)
    yield piece
  }
}

function headerOf(change: Change): Buffer {
  checkNotReserved(change.path)
  if (change.kind === 'whiteout') return encodeWhiteout(change)
  const header = encodeHeader(change)
  return change.kind === 'directory' && change.opaque ? Buffer.concat([header, encodeOpaque(change)]) : header
}

const batchSize = 1024 * 1024

/** Small pieces together in large ones: a write, a hash and an await for each megabyte, not for each file. */
async function* inBatches(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
  let batch = Buffer.allocUnsafe(batchSize)
  let used = 0
  for await (const piece of pieces) {
    for (let at = 0; at < piece.length; ) {
      const part = piece.subarray(at, at + batchSize - used)
      batch.set(part, used)
      used += part.length
      at += part.length
      if (used < batchSize) continue
      yield batch
      batch = Buffer.allocUnsafe(batchSize)
      used = 0
    }
  }
  if (used > 0) yield batch.subarray(0, used)
}
