import { stat } from 'node:fs/promises'
import type { Digest } from '../digest/index.ts'
import { isSystemError } from '../errors.ts'
import type { Descriptor } from '../image/index.ts'
import { summarize } from './documents.ts'
import { removeTree } from './remove-tree.ts'
import type { Blobs } from './store.ts'

/** Deletes those of some blobs that nothing needs any more. `entries`: what the index has now. */
export type DeleteUnused = (candidates: readonly Digest[], entries: readonly Descriptor[]) => Promise<void>

/** A build may have found a blob that it has not yet put into an image or a record. */
const youngest = 10 * 60_000

export interface UnusedPorts {
  readonly blobs: Blobs
  readonly now: () => number
  /** True when another process works in the store: it may count on any blob that it has seen. */
  readonly othersAlive: () => Promise<boolean>
  /** What is needed by others than images. */
  readonly protectors: Iterable<() => AsyncIterable<Digest>>
}

/** The rule of `Images.remove`. When in doubt a blob stays; `prune` gets it later. */
export function unusedBlobs(ports: UnusedPorts): DeleteUnused {
  return async (candidates, entries) => {
    if (await ports.othersAlive()) return
    const needed = await neededBy(ports, entries)
    for (const digest of new Set(candidates)) {
      const path = ports.blobs.path(digest)
      if (!needed.has(digest) && (await writtenAt(path)) < ports.now() - youngest) await removeTree(path)
    }
  }
}

async function neededBy(ports: UnusedPorts, entries: readonly Descriptor[]): Promise<ReadonlySet<Digest>> {
  const needed = new Set<Digest>()
  for (const entry of entries) {
    const summary = await summarize(ports.blobs, entry)
    for (const digest of [entry.digest, ...(summary ? [...summary.documents, ...summary.layers] : [])])
      needed.add(digest)
  }
  for (const protector of ports.protectors) for await (const digest of protector()) needed.add(digest)
  return needed
}

async function writtenAt(path: string): Promise<number> {
  try {
    return (await stat(path)).mtimeMs
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return Number.POSITIVE_INFINITY
    throw error
  }
}
