import { realpathSync } from 'node:fs'
import path from 'node:path'
import type { BuildRecord } from '../builds/index.ts'
import { isSystemError } from '../errors.ts'

type Place = Pick<BuildRecord, 'directory' | 'context'>

/**
 * The build that is meant where none is named: the newest of this folder, else the newest of all.
 * @param builds newest first
 */
export function usualBuild<T extends Place>(builds: readonly T[], cwd: string): T | undefined {
  return builds.find((build) => isHere(build, cwd)) ?? builds[0]
}

/** Whether a build was started in this folder, or had it as its context. */
export function isHere({ directory, context }: Place, cwd: string): boolean {
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
