import type { Digest } from '../../digest/index.ts'
import { NotAsListed } from '../read-file.ts'
import { type FileRead, ReadFailure } from './fill.ts'

/** What a thread that fills slabs is told. The slabs of a tar share their memory with it. */
export type FillRequest =
  | { readonly kind: 'open'; readonly tar: number; readonly memory: readonly Uint8Array[] }
  | { readonly kind: 'fill'; readonly tar: number; readonly slab: number; readonly reads: readonly FileRead[] }
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
