import type { Digest } from '../digest/index.ts'
import { defaultArchiveLimits, digestOfContent, type FileEntry, type LayerBudget } from '../tree/index.ts'
import type { FileDigests } from './cache.ts'
import { checkFileSize } from './layer-budget.ts'
import { isSettled } from './settled.ts'
import type { StatIndex } from './stat-index.ts'
import type { FileStat } from './stat-table.ts'

/** `FileDigests`, and what writing a layer needs of it. */
export interface StatDigests extends FileDigests {
  /** What this process found before for the very file, if it did: a memo that may be stale in a race. */
  seen(file: FileEntry): Digest | undefined
  /** What keeps digests that somebody else takes, of files that are read from now on. */
  notes(): Promise<(file: FileEntry, digest: Digest) => void>
  close(): Promise<void>
}

const day = 86_400_000
const atOnce = async () => {}

/**
 * @param open opens the stat index; called when the first file is asked for
 * @param now milliseconds since 1970
 */
export function openFileDigests(
  open: (today: number) => Promise<StatIndex>,
  now: () => number,
  budget: LayerBudget = defaultArchiveLimits,
): StatDigests {
  let opening: Promise<StatIndex> | undefined
  let index: StatIndex | undefined
  /** What was found for the contents of this build: asking the index again for each of many files would be felt. */
  const asked = new Map<FileEntry['content'], Digest>()
  const opened = async () => {
    opening ??= open(Math.floor(now() / day))
    index = await opening
    return index
  }
  const read = async (file: FileEntry, stat: FileStat | undefined, beforeReading: () => Promise<void>) => {
    const index = await opened()
    const known = stat && trusted(index, stat)
    if (known) return known
    checkFileSize(file, budget)
    await beforeReading()
    const readAt = now()
    const digest = await digestOfContent(file)
    if (stat) put(index, stat, digest, readAt)
    return digest
  }
  const put = (index: StatIndex, stat: FileStat, digest: Digest, readAt: number) =>
    index.put(stat, { digest, day: isSettled(stat.ctimeNs, readAt) ? Math.floor(now() / day) : 0 })
  return {
    digest(file, beforeReading = atOnce) {
      const known = file.digest ?? asked.get(file.content)
      if (known) return known
      const stat = statOf(file)
      const found = index && stat && trusted(index, stat)
      if (found) asked.set(file.content, found)
      return found ?? read(file, stat, beforeReading)
    },
    seen(file) {
      const known = asked.get(file.content)
      if (known) return known
      const stat = statOf(file)
      return stat && index?.find(stat)?.digest
    },
    async notes() {
      const readAt = now()
      const index = await opened()
      return (file, digest) => {
        const stat = file.digest ? undefined : statOf(file)
        if (stat && trusted(index, stat) !== digest) put(index, stat, digest, readAt)
      }
    },
    close: async () => (await opening)?.save(),
  }
}

function statOf({ content, size }: FileEntry): FileStat | undefined {
  if (content.kind !== 'host' || !content.identity) return undefined
  const { dev, ino, mtimeNs, ctimeNs } = content.identity
  return { dev, ino, size: BigInt(size), mtimeNs, ctimeNs }
}

function trusted(index: StatIndex, stat: FileStat): Digest | undefined {
  const known = index.find(stat)
  return known && known.day > 0 ? known.digest : undefined
}
