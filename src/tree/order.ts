import { nameBytes } from './names.ts'

/**
 * The order of a walk: a directory before what is in it, siblings by the bytes of their names. For paths as for names.
 * (Not the order of the plain texts: `a.txt` comes after `a/b`.)
 */
export function comparePaths(a: string, b: string): number {
  const shared = Math.min(a.length, b.length)
  for (let at = 0; at < shared; at++) {
    const [x, y] = [a.charCodeAt(at), b.charCodeAt(at)]
    if (x !== y) return compareUnits(a, b, at, x, y)
  }
  return a.length - b.length
}

/** The same list when it is in order already, as that of a walk is; else sorted, itself. */
export function inOrder<T>(list: T[], compare: (a: T, b: T) => number): readonly T[] {
  for (let at = 1; at < list.length; at++) {
    const [before, here] = [list[at - 1], list[at]]
    if (before !== undefined && here !== undefined && compare(before, here) > 0) return list.sort(compare)
  }
  return list
}

const slash = 0x2f
const firstSurrogate = 0xd800

function compareUnits(a: string, b: string, at: number, x: number, y: number): number {
  if (x === slash) return -1
  if (y === slash) return 1
  if (x < firstSurrogate && y < firstSurrogate) return x - y
  return Buffer.compare(nameBytes(pieceAround(a, at)), nameBytes(pieceAround(b, at)))
}

function pieceAround(path: string, at: number): string {
  const end = path.indexOf('/', at)
  return path.slice(path.lastIndexOf('/', at) + 1, end < 0 ? undefined : end)
}
