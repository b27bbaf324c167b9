import { realpathSync } from 'node:fs'
import path from 'node:path'
import type { BuildRecord } from '../builds/index.ts'
import { isSystemError } from '../errors.ts'

/** Whether a build was started in this folder, or had it as its context. */
export function isHere({ directory, context }: Pick<BuildRecord, 'directory' | 'context'>, cwd: string): boolean {
  const here = realPath(cwd)
  return [directory, context].some((place) => path.isAbsolute(place) && realPath(place) === here)
}

function realPath(place: string): string {
  try {
    return realpathSync(place)
  } catch (error) {
    if (isSystemError(error, 'ENOENT', 'ENOTDIR', 'EACCES', 'ELOOP')) return place
    throw error
  }
}
