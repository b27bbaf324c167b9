import { type Digest, sha256Hasher } from '../digest/index.ts'
import { type FileEntry, readContent } from '../tree/index.ts'
import type { FileDigests } from './cache.ts'
import { isSettled } from './settled.ts'
import type { StatIndex } from './stat-index.ts'
import type { FileStat } from './stat-table.ts'

/** `FileDigests`, and what writing a layer needs of it. */
export interface StatDigests extends FileDigests {
  /** What this process found before for the very file, if it did: a memo that may be stale in a race. */
  seen(file: FileEntry): Digest | undefined
  close(): Promise<void>
}

const day = 86_400_000

/**
 * @param open opens the stat index; called when the first file is asked for
 * @param now milliseconds since 1970
 */
export function openFileDigests(open: (today: number) => Promise<StatIndex>, now: () => number): StatDigests {
  let opening: Promise<StatIndex> | undefined
  let index: StatIndex | undefined
  const read = async (file: FileEntry, stat: FileStat | undefined) => {
    opening ??= open(Math.floor(now() / day))
    index = await opening
    const known = stat && trusted(index, stat)
    if (known) return known
    const readAt = now()
    const digest = await digestOfContent(file)
    if (stat) index.put(stat, { digest, day: isSettled(stat.ctimeNs, readAt) ? Math.floor(now() / day) : 0 })
    return digest
  }
  return {
    digest(file) {
      if (file.digest) return file.digest
      const stat = statOf(file)
      return (index && stat && trusted(index, stat)) ?? read(file, stat)
    },
    seen(file) {
      const stat = statOf(file)
      return stat && index?.find(stat)?.digest
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

async function digestOfContent(file: FileEntry): Promise<Digest> {
  const hasher = sha256Hasher()
  for await (const chunk of readContent(file)) hasher.update(chunk)
  return hasher.digest()
}
