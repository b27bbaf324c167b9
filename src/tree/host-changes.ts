import { TsbuildError } from '../errors.ts'
import { type LimitName, limitHint } from '../limits.ts'
import { diffTrees } from './diff.ts'
import { type OverlayMarks, treeOfDirectory, treeOfUpper } from './directory.ts'
import { treeOfEntries } from './entries.ts'
import type { Change, Entry, FileEntry, FileIdentity, FileTree } from './entry.ts'
import type { TreePath } from './path.ts'
import { rootPath } from './path.ts'
import { sameContent } from './same.ts'
import { type ArchiveLimits, defaultArchiveLimits } from './tar/limits.ts'
import { walk } from './walk.ts'

/** How much a layer that is made here may have. */
export type LayerBudget = Pick<ArchiveLimits, 'entries' | 'unpackedBytes'>

/**
 * What was changed in a mount of overlayfs, from its upper directory, which nobody writes to any more. Only what differs
 * from `lower` counts: a file that was copied up and stayed the same is no change. In the order of a walk, with whiteouts
 * (never opaque directories), and with the directories that lead to a change.
 * @param lower the files of the lower directories, merged
 * @throws {TsbuildError} TSB_LAYER_BUDGET before any file that is new is read
 */
export async function upperChanges(
  directory: string,
  marks: OverlayMarks,
  lower: FileTree,
  budget: LayerBudget = defaultArchiveLimits,
): Promise<readonly Change[]> {
  const upper = treeOfUpper(directory, marks)
  const counted = counterFor(budget)
  return withinBytes(
    linkedFiles(await diffTrees(lower, upper, { gone: 'marked', sameBytes: sameContent, counted })),
    budget,
  )
}

function counterFor({ entries }: LayerBudget) {
  return (changes: number): void => {
    if (changes > entries) throw overBudget('archive-entries', `more than ${entries} files, directories and links`)
  }
}

/** Holes count: in the layer they are zeros. */
function withinBytes(changes: readonly Change[], { unpackedBytes }: LayerBudget): readonly Change[] {
  let bytes = 0
  for (const change of changes) if (change.kind === 'file') bytes += change.size
  if (bytes > unpackedBytes)
    throw overBudget('archive-bytes', `files of ${bytes} bytes, of which ${unpackedBytes} are allowed`)
  return changes
}

function overBudget(limit: LimitName, what: string): TsbuildError {
  return new TsbuildError('TSB_LAYER_BUDGET', `the step leaves too much for a layer: ${what}`, {
    hint: `remove in the same RUN what the image does not need, or let it be made in a --mount=type=cache or type=tmpfs; ${limitHint(limit)}`,
  })
}

/** A directory as it was at some moment. */
export interface Inventory {
  readonly tree: FileTree
  /** Nanoseconds since 1970: a file with a younger ctime may have changed again without its times telling. */
  readonly trustedUntil: bigint
}

/** Looks at everything in a directory, before a command changes it. */
export function takeInventory(directory: string): Inventory {
  const tree = treeOfDirectory(directory)
  const root = tree.get(rootPath)
  const entries: Entry[] = [...(root ? [root] : []), ...walk(tree)]
  let newest = 0n
  for (const entry of entries) {
    const ctime = identityOf(entry)?.ctimeNs ?? 0n
    if (ctime > newest) newest = ctime
  }
  return { tree: treeOfEntries(entries), trustedUntil: newest - clockStep }
}

/** File systems stamp times with the tick of the kernel's clock: 10 ms at the slowest. */
const clockStep = 50_000_000n

/**
 * What was changed in a plain directory since an inventory: the same changes that `upperChanges` gives where the same
 * command ran on an overlay.
 * @param lower the files that the directory was made from: what bytes a file had, when times alone cannot tell
 * @throws {TsbuildError} TSB_LAYER_BUDGET before any file that is new is read
 */
export async function directoryChanges(
  before: Inventory,
  directory: string,
  lower: FileTree,
  budget: LayerBudget = defaultArchiveLimits,
): Promise<readonly Change[]> {
  const sameBytes = (old: FileEntry, now: FileEntry) => isUntouched(old, now, before) || sameAsBelow(lower, now)
  const counted = counterFor(budget)
  const changes = await diffTrees(before.tree, treeOfDirectory(directory), { gone: 'all', sameBytes, counted })
  return withinBytes(linkedFiles(changes), budget)
}

function isUntouched(old: FileEntry, now: FileEntry, { trustedUntil }: Inventory): boolean {
  const [a, b] = [identityOf(old), identityOf(now)]
  if (a === undefined || b === undefined) return false
  return a.ino === b.ino && a.dev === b.dev && a.ctimeNs === b.ctimeNs && a.ctimeNs < trustedUntil
}

async function sameAsBelow(lower: FileTree, now: FileEntry): Promise<boolean> {
  const entry = lower.get(now.path)
  const file = entry?.kind === 'hardlink' ? lower.get(entry.target) : entry
  return file?.kind === 'file' && sameContent(file, now)
}

/** Files that are one on the disk become one file and hard links to it, the first in order being the file. */
function linkedFiles(changes: readonly Change[]): readonly Change[] {
  const devices = new Map<bigint, Map<bigint, TreePath>>()
  const inodesOf = (dev: bigint) => {
    const inodes = devices.get(dev) ?? new Map<bigint, TreePath>()
    devices.set(dev, inodes)
    return inodes
  }
  return changes.map((change) => {
    const identity = change.kind === 'file' ? identityOf(change) : undefined
    if (change.kind !== 'file' || identity === undefined) return change
    const first = inodesOf(identity.dev)
    const target = first.get(identity.ino)
    if (target === undefined) {
      first.set(identity.ino, change.path)
      return change
    }
    const { size: _, content: __, digest: ___, ...metadata } = change
    return { ...metadata, kind: 'hardlink' as const, target }
  })
}

function identityOf(entry: Entry): FileIdentity | undefined {
  return entry.kind === 'file' && entry.content.kind === 'host' ? entry.content.identity : undefined
}
