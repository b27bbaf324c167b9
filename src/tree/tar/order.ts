import type { Change } from '../entry.ts'
import { comparePaths, inOrder } from '../order.ts'

/**
 * The order of a tar that depends on nothing but the changes: a directory, the whiteouts in it, then all else in it by the
 * bytes of the names.
 */
export function tarOrder(changes: Iterable<Change>): readonly Change[] {
  const list = [...changes]
  const hasWhiteouts = list.some((change) => change.kind === 'whiteout')
  return inOrder(list, hasWhiteouts ? compareChanges : (a, b) => comparePaths(a.path, b.path))
}

function compareChanges(a: Change, b: Change): number {
  const piece = firstDifferentPiece(a.path, b.path)
  return Number(isWhiteoutAt(b, piece)) - Number(isWhiteoutAt(a, piece)) || comparePaths(a.path, b.path)
}

/** Where the piece begins in which two paths part. */
function firstDifferentPiece(a: string, b: string): number {
  let at = 0
  while (at < a.length && a.charCodeAt(at) === b.charCodeAt(at)) at++
  return at === 0 ? 0 : a.lastIndexOf('/', at - 1) + 1
}

/** True when the piece that begins here is the last one of a whiteout. */
function isWhiteoutAt(change: Change, piece: number): boolean {
  return change.kind === 'whiteout' && !change.path.includes('/', piece)
}
