import { type BigIntStats, lstatSync, readdirSync } from 'node:fs'
import { setImmediate } from 'node:timers/promises'
import { isSystemError } from '../errors.ts'
import type { Part } from './entry.ts'

/** Says how much room files take. */
export interface Measure {
  /** Those that are there, with their bytes on the disk. A file that has several names counts with the first. */
  parts(paths: readonly string[]): Promise<readonly Part[]>
  /** When a file was last written to, or said to be used: milliseconds since 1970, 0 when it is not there. */
  time(path: string): number
}

/**
 * Follows no link and looks at nothing that is mounted.
 * @param mounts where something is mounted
 * @param known bytes of directories that are never changed, by path: added to
 */
export function openMeasure(mounts: ReadonlySet<string>, known: Map<string, number>, isFixed: IsFixed): Measure {
  const counted = new Set<string>()
  const bytesAt = (path: Buffer, found: BigIntStats): number => {
    if (mounts.has(path.toString('latin1'))) return 0
    if (!found.isDirectory()) return isFirst(found, counted) ? Number(found.blocks) * 512 : 0
    const below = namesIn(path).reduce((sum, name) => {
      const at = Buffer.concat([path, slash, name])
      const inside = statOf(at)
      return inside ? sum + bytesAt(at, inside) : sum
    }, 0)
    return Number(found.blocks) * 512 + below
  }
  return {
    time: (path) => Number(statOf(path)?.mtimeMs ?? 0n),
    async parts(paths) {
      const parts: Part[] = []
      for (const path of paths) {
        const found = statOf(path)
        if (!found) continue
        if (found.isDirectory()) await setImmediate() // somebody may want to stop us
        const bytes = known.get(path) ?? bytesAt(Buffer.from(path), found)
        if (isFixed(path)) known.set(path, bytes)
        parts.push({ path, bytes })
      }
      return parts
    },
  }
}

type IsFixed = (path: string) => boolean

const slash = Buffer.from('/')

function isFirst({ dev, ino, nlink }: BigIntStats, counted: Set<string>): boolean {
  if (nlink < 2n) return true
  const identity = `${dev}:${ino}`
  if (counted.has(identity)) return false
  counted.add(identity)
  return true
}

function statOf(path: string | Buffer): BigIntStats | undefined {
  return lstatSync(path, { bigint: true, throwIfNoEntry: false })
}

/** What cannot be looked into is not counted. */
function namesIn(path: Buffer): readonly Buffer[] {
  try {
    return readdirSync(path, { encoding: 'buffer' })
  } catch (error) {
    if (isSystemError(error, 'ENOENT', 'ENOTDIR', 'EACCES')) return []
    throw error
  }
}
