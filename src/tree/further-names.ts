import type { Entry, HardlinkEntry } from './entry.ts'
import { isWithin, type TreePath } from './path.ts'

/** The hard links that an editor was given, by the file that each leads to. */
export interface FurtherNames {
  add(entry: Entry): void
  /**
   * To be asked before what is at a path, and all below it, is replaced: the entries to put so that the further names of the
   * files there keep their bytes. The first of them becomes the file, the others lead to it.
   */
  release(path: TreePath, get: (path: TreePath) => Entry | undefined): readonly Entry[]
}

export function furtherNames(): FurtherNames {
  const names = new Map<TreePath, Set<TreePath>>()
  const add = (entry: Entry) => {
    if (entry.kind !== 'hardlink') return
    names.set(entry.target, (names.get(entry.target) ?? new Set()).add(entry.path))
  }
  return {
    add,
    release(path, get) {
      const heirs: Entry[] = []
      for (const [target, linked] of names) {
        if (!isWithin(path, target)) continue
        names.delete(target)
        heirs.push(...inherit(target, linksAmong(linked, target, path, get), get))
      }
      for (const heir of heirs) add(heir)
      return heirs
    },
  }
}

/** Those that still lead to the file, and stay. */
function linksAmong(
  linked: ReadonlySet<TreePath>,
  target: TreePath,
  leaving: TreePath,
  get: (path: TreePath) => Entry | undefined,
): readonly HardlinkEntry[] {
  return [...linked].flatMap((path) => {
    const entry = isWithin(leaving, path) ? undefined : get(path)
    return entry?.kind === 'hardlink' && entry.target === target ? [entry] : []
  })
}

function inherit(
  target: TreePath,
  [first, ...others]: readonly HardlinkEntry[],
  get: (path: TreePath) => Entry | undefined,
): readonly Entry[] {
  const file = get(target)
  if (!first || file === undefined) return []
  return [{ ...file, path: first.path }, ...others.map((link) => ({ ...link, target: first.path }))]
}
