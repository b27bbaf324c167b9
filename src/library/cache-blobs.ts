import type { CacheTo } from '../cache-options.ts'
import type { Digest } from '../digest/index.ts'
import type { SharedCache } from '../shared-cache/index.ts'
import { allOrNone, type Blob, type Document, type Target } from '../transfer/index.ts'
import { openTurns } from '../turns.ts'
import type { Report } from './progress.ts'

export type ExportedTo = Exclude<CacheTo, { readonly type: 'inline' }>

/** What is written: records with the blobs of their layers. */
export interface Gathered {
  readonly cache: SharedCache
  readonly blobs: ReadonlyMap<Digest, Blob>
}

/** Blobs that go at once. */
const blobsAtOnce = 4

/** Those that were not sent before. */
export async function sendAll(
  blobs: readonly Blob[],
  target: Pick<Target, 'blob'>,
  sent: Set<Digest>,
  report: Report,
  signal: AbortSignal | undefined,
): Promise<void> {
  const turns = openTurns(blobsAtOnce)
  const missing = blobs.filter(({ descriptor }) => !sent.has(descriptor.digest))
  await allOrNone(missing, signal, (blob, stop) => turns(() => target.blob(blob, report, stop)))
  for (const { descriptor } of missing) sent.add(descriptor.digest)
}

export function blobOf({ descriptor, bytes }: Document): Blob {
  return {
    descriptor,
    open: async function* () {
      yield bytes
    },
  }
}
