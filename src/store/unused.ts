import { stat } from 'node:fs/promises'
import type { Digest } from '../digest/index.ts'
import { isSystemError } from '../errors.ts'
import type { Descriptor } from '../image/index.ts'
import { summarize } from './documents.ts'
import { removeTree } from './remove-tree.ts'
import type { Blobs } from './store.ts'

/** Deletes those of some blobs that nothing needs any more. Not under the lock of the index. */
export type DeleteUnused = (candidates: readonly Digest[]) => Promise<void>

/** A build may have found a blob that it has not yet put into an image or a record. */
const youngest = 10 * 60_000

export interface UnusedPorts {
  readonly blobs: Blobs
  readonly now: () => number
  /**
   * Runs work while nobody else has the store open, opens it or writes the index: who has may count on any blob that it has
   * seen. Nothing is run when somebody has.
   */
  readonly alone: (work: () => Promise<void>) => Promise<void>
  /** What the index has now. */
  readonly entries: () => Promise<readonly Descriptor[]>
  /** What is needed by others than images. */
  readonly protectors: Iterable<() => AsyncIterable<Digest>>
}

/** The rule of `Images.remove`. When in doubt a blob stays; `prune` gets it later. */
export function unusedBlobs(ports: UnusedPorts): DeleteUnused {
  return async (candidates) => {
    if (candidates.length === 0) return
    await ports.alone(async () => {
      const needed = await neededBy(ports)
      for (const digest of new Set(candidates)) {
        const path = ports.blobs.path(digest)
        if (!needed.has(digest) && (await writtenAt(path)) < ports.now() - youngest) await removeTree(path)
      }
    })
  }
}

async function neededBy(ports: UnusedPorts): Promise<ReadonlySet<Digest>> {
  const needed = new Set<Digest>()
  for (const entry of await ports.entries()) {
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
