import type { Change } from '../entry.ts'
import { comparePaths } from '../order.ts'
import { parentPath } from '../path.ts'

/**
 * The order of a tar that depends on nothing but the changes: a directory, the whiteouts in it, then all else in it by the
 * bytes of the names.
 */
export function tarOrder(changes: Iterable<Change>): readonly Change[] {
  return [...changes].sort(compareChanges)
}

function compareChanges(a: Change, b: Change): number {
  if (a.kind === 'whiteout' && b.kind !== 'whiteout') return compareWhiteout(a.path, b.path)
  if (b.kind === 'whiteout' && a.kind !== 'whiteout') return -compareWhiteout(b.path, a.path)
  return comparePaths(a.path, b.path)
}

/** Like the first name in its directory. */
function compareWhiteout(whiteout: Change['path'], other: Change['path']): number {
  const parent = parentPath(whiteout)
  return isBelow(parent, other) ? -1 : comparePaths(parent, other) || 1
}

function isBelow(directory: string, path: string): boolean {
  return path !== directory && (directory === '' || path.startsWith(`${directory}/`))
}
