import { readFileSync } from 'node:fs'
import { isSystemError } from '../../errors.ts'

/** Ids of a user namespace that follow on each other, and what they are outside. */
export interface IdRange {
  readonly first: number
  readonly outside: number
  readonly count: number
}

/** The ids of this process; none where the kernel has no user namespaces. @see https://man7.org/linux/man-pages/man7/user_namespaces.7.html */
export function readIdMap(kind: 'uid' | 'gid'): readonly IdRange[] {
  const rows = textOf(`/proc/self/${kind}_map`)
    .split('\n')
    .filter((row) => row.trim() !== '')
  return rows.map((row) => {
    const [first = 0, outside = 0, count = 0] = row.trim().split(/\s+/).map(Number)
    return { first, outside, count }
  })
}

/** The initial user namespace maps every number to itself. */
export function isWholeMap(map: readonly IdRange[]): boolean {
  return map.length === 0 || map.some(({ first, count }) => first === 0 && count === 4_294_967_295)
}

export function isMapped(map: readonly IdRange[], id: number): boolean {
  return isWholeMap(map) || rangeOf(map, id) !== undefined
}

/** What an id is outside of the user namespace. */
export function outsideOf(map: readonly IdRange[], id: number): number {
  const range = rangeOf(map, id)
  return range ? range.outside + id - range.first : id
}

function rangeOf(map: readonly IdRange[], id: number): IdRange | undefined {
  return map.find(({ first, count }) => id >= first && id < first + count)
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    if (isSystemError(error, 'ENOENT', 'EACCES', 'EPERM', 'EINVAL')) return ''
    throw error
  }
}
