import { statSync, utimesSync } from 'node:fs'
import { isSystemError } from '../errors.ts'

/** The time of use of a file is right to this many milliseconds: a build in which all is cached writes nothing meanwhile. */
export const usesNotedEvery = 3_600_000

/**
 * Notes in the times of a file that it is used now, unless that was noted shortly before. What says so may count on the
 * file: `prune` looks at its time again when it has taken the name away. In a store that cannot be written to nothing is
 * noted, nor pruned.
 * @param now milliseconds since 1970
 * @returns false when there is no such file any more
 */
export function noteUse(path: string, now: number): boolean {
  const found = statSync(path, { throwIfNoEntry: false })
  if (!found) return false
  if (now - found.mtimeMs < usesNotedEvery) return true
  try {
    utimesSync(path, now / 1000, now / 1000)
    return true
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return false
    if (isSystemError(error, 'EROFS', 'EACCES', 'EPERM')) return true
    throw error
  }
}
