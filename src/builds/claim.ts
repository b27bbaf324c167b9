import { mkdirSync } from 'node:fs'
import { isSystemError } from '../errors.ts'
import { buildFolder, buildNumbers, buildsFolder } from './files.ts'

/** Makes the folder of the next number: that decides between builds that want it at once. */
export function claimNumber(root: string): number {
  mkdirSync(buildsFolder(root), { recursive: true, mode: 0o700 })
  for (let number = (buildNumbers(root)[0] ?? 0) + 1; ; number++) {
    if (makeNew(buildFolder(root, number))) return number
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
