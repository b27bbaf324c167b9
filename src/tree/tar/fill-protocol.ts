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
const wordsOfIdentity = 4
const kinds = { none: 0, plain: 1, identified: 2 } as const

export function packReads(reads: readonly FileRead[]): PackedReads {
  const names: string[] = []
  const numbers = new Float64Array(reads.length * numbersOfRead)
  const identities = new BigUint64Array(reads.length * wordsOfIdentity)
  let place = 0
  let identityPlace = 0
  for (const { file, size, from, length, at, copy } of reads) {
    const identity = file?.identity
    names.push(file?.path ?? '', copy?.path ?? '', copy?.digest ?? '')
    // One by one: a list for each of many files would be felt.
    numbers[place] = identity ? kinds.identified : file ? kinds.plain : kinds.none
    numbers[place + 1] = file?.offset ?? 0
    numbers[place + 2] = file?.size ?? 0
    numbers[place + 3] = size
    numbers[place + 4] = from
    numbers[place + 5] = length
    numbers[place + 6] = at
    numbers[place + 7] = copy?.offset ?? 0
    if (identity) {
      identities[identityPlace] = identity.dev
      identities[identityPlace + 1] = identity.ino
      identities[identityPlace + 2] = identity.mtimeNs
      identities[identityPlace + 3] = identity.ctimeNs
    }
    place += numbersOfRead
    identityPlace += wordsOfIdentity
  }
  return { names: names.join('\0'), numbers, identities }
}

export function unpackReads({ names, numbers, identities }: PackedReads): readonly FileRead[] {
  const texts = names.split('\0')
  return Array.from({ length: numbers.length / numbersOfRead }, (_, index) => {
    const number = (which: number) => numbers[index * numbersOfRead + which] ?? 0
    const text = (which: number) => texts[index * 3 + which] ?? ''
    const kind = number(0)
    const identity = kind === kinds.identified ? identityOf(identities, index * wordsOfIdentity) : undefined
    const file: FilePart | undefined =
      kind === kinds.none ? undefined : { path: text(0), offset: number(1), size: number(2), identity }
    const copy: FileCopy | undefined =
      text(1) === '' ? undefined : { path: text(1), offset: number(7), digest: parseDigest(text(2)) }
    return { file, size: number(3), from: number(4), length: number(5), at: number(6), copy }
  })
}

function identityOf(words: BigUint64Array, at: number): FileIdentity {
  const word = (which: number) => words[at + which] ?? 0n
  return { dev: word(0), ino: word(1), mtimeNs: BigInt.asIntN(64, word(2)), ctimeNs: BigInt.asIntN(64, word(3)) }
}
