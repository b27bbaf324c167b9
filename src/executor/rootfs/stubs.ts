import { lstat, rmdir, unlink } from 'node:fs/promises'
import { isSystemError } from '../../errors.ts'
import { type Entry, encodeName, type FileTree, rootPath, type TreePath } from '../../tree/index.ts'
import { type PlacedTargets, pathsAbove } from './targets.ts'

/** The stubs with the directories that lead to them, as these are: what a layer of stubs says. */
export function stubLayer({ stubs }: PlacedTargets, tree: FileTree): readonly Entry[] {
  const entries = new Map<TreePath, Entry>()
  for (const stub of stubs) {
    for (const above of pathsAbove(stub.path)) {
      const entry = entries.get(above) ?? tree.get(above)
      if (entry) entries.set(above, entry)
    }
    entries.set(stub.path, stub)
  }
  return [...rootOf(tree), ...entries.values()]
}

/** The root of a tree as an entry of a layer. */
export function rootOf(tree: FileTree): readonly Entry[] {
  const root = tree.get(rootPath)
  return root ? [root] : []
}

/**
 * Takes away the stubs that are still empty, innermost first, and marks that one of them is gone. All processes of the step
 * have ended; links that it may have put on the way are not followed.
 */
export async function removeStubs(directory: string, { stubs }: PlacedTargets): Promise<void> {
  for (const { path } of stubs.toReversed()) {
    if (await isReached(directory, path)) await removeEmpty(encodeName(`${directory}/${path}`))
  }
}

/** True when all directories above are real ones. */
async function isReached(directory: string, path: TreePath): Promise<boolean> {
  for (const above of pathsAbove(path)) {
    const stats = await look(encodeName(`${directory}/${above}`))
    if (!stats?.isDirectory()) return false
  }
  return true
}

async function removeEmpty(place: string | Buffer): Promise<void> {
  const stats = await look(place)
  if (stats?.isDirectory()) await removeIfEmpty(place)
  else if (stats?.isFile() && stats.size === 0) await unlink(place)
  else if (stats?.isCharacterDevice() && stats.rdev === 0) await unlink(place)
}

async function removeIfEmpty(place: string | Buffer): Promise<void> {
  try {
    await rmdir(place)
  } catch (error) {
    if (!isSystemError(error, 'ENOTEMPTY', 'EEXIST')) throw error
  }
}

async function look(place: string | Buffer) {
  try {
    return await lstat(place)
  } catch (error) {
    if (isSystemError(error, 'ENOENT', 'ENOTDIR')) return undefined
    throw error
  }
}
