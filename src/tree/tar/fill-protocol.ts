import { type Digest, parseDigest } from '../../digest/index.ts'
import type { FileIdentity } from '../entry.ts'
import { type FilePart, NotAsListed } from '../read-file.ts'
import { type FileCopy, type FileRead, ReadFailure } from './fill.ts'

/** What a thread that fills slabs is told. The slabs of a tar share their memory with it. */
export type FillRequest =
  | { readonly kind: 'open'; readonly tar: number; readonly memory: readonly Uint8Array[] }
  | { readonly kind: 'fill'; readonly tar: number; readonly slab: number; readonly reads: PackedReads }
  | { readonly kind: 'close'; readonly tar: number }

/** What it says: `ready` once, then an answer to each `fill`, in order. */
export type FillReply =
  | { readonly kind: 'ready' }
  | { readonly kind: 'filled'; readonly digests: readonly (Digest | undefined)[] }
  | { readonly kind: 'failed'; readonly failure: PlainFailure }

/** A `ReadFailure` as plain data: errors lose what they say when they go from thread to thread. */
export interface PlainFailure {
  readonly index: number
  /** Absent: it was not what was listed. */
  readonly system?: {
    readonly message: string
    readonly code?: string
    readonly syscall?: string
    readonly path?: string
  }
}

export function plainFailure(error: unknown): PlainFailure {
  if (!(error instanceof ReadFailure)) throw error
  const { index, cause } = error
  if (cause instanceof NotAsListed) return { index }
  const { message, code, syscall, path } = cause as NodeJS.ErrnoException
  return { index, system: { message, ...(code && { code }), ...(syscall && { syscall }), ...(path && { path }) } }
}

export function readFailure({ index, system }: PlainFailure): ReadFailure {
  return new ReadFailure(index, system ? Object.assign(new Error(system.message), system) : new NotAsListed())
}

/** Reads in three pieces of memory: to copy an object for each of many small files would take as long as opening it. */
export interface PackedReads {
  /** Of each read the path of the file, and path and digest of the copy, separated by NUL; empty for none. */
  readonly names: string
  readonly numbers: Float64Array
  /** Device, inode, mtime and ctime of each. */
  readonly identities: BigUint64Array
}

const numbersOfRead = 8
const kinds = { none: 0, plain: 1, identified: 2 } as const

export function packReads(reads: readonly FileRead[]): PackedReads {
  const names: string[] = []
  const numbers = new Float64Array(reads.length * numbersOfRead)
  const identities = new BigUint64Array(reads.length * 4)
  reads.forEach(({ file, size, from, length, at, copy }, index) => {
    const { path = '', offset = 0, size: fileSize = 0, identity } = file ?? {}
    const kind = identity ? kinds.identified : file ? kinds.plain : kinds.none
    names.push(path, copy?.path ?? '', copy?.digest ?? '')
    numbers.set([kind, offset, fileSize, size, from, length, at, copy?.offset ?? 0], index * numbersOfRead)
    if (identity) identities.set([identity.dev, identity.ino, identity.mtimeNs, identity.ctimeNs], index * 4)
  })
  return { names: names.join('\0'), numbers, identities }
}

export function unpackReads({ names, numbers, identities }: PackedReads): readonly FileRead[] {
  const texts = names.split('\0')
  return Array.from({ length: numbers.length / numbersOfRead }, (_, index) => {
    const [kind = 0, offset = 0, fileSize = 0, size = 0, from = 0, length = 0, at = 0, copyOffset = 0] =
      numbers.subarray(index * numbersOfRead)
    const [path = '', copyPath = '', digest = ''] = texts.slice(index * 3, index * 3 + 3)
    const identity = kind === kinds.identified ? identityOf(identities.subarray(index * 4)) : undefined
    const file: FilePart | undefined = kind === kinds.none ? undefined : { path, offset, size: fileSize, identity }
    const copy: FileCopy | undefined =
      copyPath === '' ? undefined : { path: copyPath, offset: copyOffset, digest: parseDigest(digest) }
    return { file, size, from, length, at, copy }
  })
}

function identityOf([dev = 0n, ino = 0n, mtimeNs = 0n, ctimeNs = 0n]: BigUint64Array): FileIdentity {
  return { dev, ino, mtimeNs: BigInt.asIntN(64, mtimeNs), ctimeNs: BigInt.asIntN(64, ctimeNs) }
}
