import { mkdirSync } from 'node:fs'
import { isSystemError } from '../errors.ts'
import { type Release, tryAcquire } from '../store/index.ts'
import { buildFolder, buildLock, buildNumbers, buildsFolder } from './files.ts'

/** A folder for one build, which nobody removes while it is held. */
export interface Claim {
  readonly number: number
  readonly release: Release
}

/** Takes the next number: making its folder decides between builds that want it at once. */
export function claimFolder(root: string): Claim {
  mkdirSync(buildsFolder(root), { recursive: true, mode: 0o700 })
  for (let number = (buildNumbers(root)[0] ?? 0) + 1; ; number++) {
    if (!makeNew(buildFolder(root, number))) continue
    const release = tryAcquire(buildLock(root, number))
    if (release) return { number, release }
  }
}

function makeNew(folder: string): boolean {
  try {
    mkdirSync(folder, { mode: 0o700 })
    return true
  } catch (error) {
    if (isSystemError(error, 'EEXIST')) return false
    throw error
  }
}
