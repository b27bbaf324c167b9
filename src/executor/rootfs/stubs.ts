import { lstatSync, rmdirSync, type Stats, unlinkSync } from 'node:fs'
import { isSystemError } from '../../errors.ts'
import { type Entry, encodeName, type FileTree, parentPath, rootPath, type TreePath } from '../../tree/index.ts'
import { keepTime } from '../keep-time.ts'
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
 * have ended; links that it may have put on the way are not followed. The directories around keep their times.
 */
export function removeStubs(directory: string, { stubs }: PlacedTargets): void {
  for (const { path } of stubs.toReversed()) {
    if (!isReached(directory, path)) continue
    const restoreTime = keepTime(encodeName(`${directory}/${parentPath(path)}`))
    removeEmpty(encodeName(`${directory}/${path}`))
    restoreTime()
  }
}

/** True when all directories above are real ones. */
function isReached(directory: string, path: TreePath): boolean {
  return pathsAbove(path).every((above) => look(encodeName(`${directory}/${above}`))?.isDirectory() === true)
}

function removeEmpty(place: string | Buffer): void {
  const stats = look(place)
  if (stats?.isDirectory()) removeIfEmpty(place)
  else if (stats?.isFile() && stats.size === 0) unlinkSync(place)
  else if (stats?.isCharacterDevice() && stats.rdev === 0) unlinkSync(place)
}

function removeIfEmpty(place: string | Buffer): void {
  try {
    rmdirSync(place)
  } catch (error) {
    if (!isSystemError(error, 'ENOTEMPTY', 'EEXIST')) throw error
  }
}

function look(place: string | Buffer): Stats | undefined {
  try {
    return lstatSync(place, { throwIfNoEntry: false })
  } catch (error) {
    if (isSystemError(error, 'ENOTDIR')) return undefined
    throw error
  }
}
