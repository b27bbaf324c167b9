import { mkdir } from 'node:fs/promises'
import type { Layer } from '../../image/index.ts'
import { type Entry, type FileTree, rootPath, type TreePath, unpackTar, writeTar } from '../../tree/index.ts'
import { rootOf } from './stubs.ts'
import { pathsAbove } from './targets.ts'

/**
 * What to lay over the directories of some layers so that overlayfs shows the directories that a layer only implies as the
 * layers below have them: where that layer was unpacked, they are 0755 and of root.
 * @param tree the merged files of the layers
 * @param directory where it may be made
 * @returns the directory, or none when the layers imply nothing that is otherwise
 */
export async function overImplied(
  layers: readonly Layer[],
  tree: FileTree,
  directory: string,
): Promise<readonly string[]> {
  const trees = await Promise.all(layers.map((layer) => layer.tree('part')))
  const implied = trees.flatMap((one) => one.impliedDirectories?.() ?? [])
  const entries = new Map<TreePath, Entry>()
  for (const path of implied) {
    const entry = tree.get(path)
    if (path === rootPath || entry?.kind !== 'directory' || isUsual(entry)) continue
    for (const above of [...pathsAbove(path), path]) {
      const found = tree.get(above)
      if (found) entries.set(above, found)
    }
  }
  if (entries.size === 0) return []
  await mkdir(directory, { mode: 0o755 })
  await unpackTar(writeTar([...rootOf(tree), ...entries.values()]), directory)
  return [directory]
}

function isUsual({ mode, uid, gid, xattrs }: Entry): boolean {
  return mode === 0o755 && uid === 0 && gid === 0 && xattrs === undefined
}
