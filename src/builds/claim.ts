import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { isSystemError } from '../errors.ts'
import { buildFolder, buildNumbers, buildsFolder } from './files.ts'

/** Makes the folder of the next number: that decides between builds that want it at once. */
export function claimNumber(root: string): number {
  mkdirSync(buildsFolder(root), { recursive: true, mode: 0o700 })
  for (let number = highestNumber(root) + 1; ; number++) {
    if (makeNew(buildFolder(root, number))) return number
  }
}

/**
 * To be called before builds are forgotten: no later one gets the number of one that others may still speak of, such as a step
 * that failed and is kept. Where it cannot be written, numbers begin anew.
 */
export function holdNumber(root: string): void {
  const [newest = 0] = buildNumbers(root)
  if (newest <= heldNumber(root)) return
  try {
    writeFileSync(heldFile(root), `${newest}\n`, { mode: 0o600 })
  } catch (error) {
    if (!(error instanceof Error && 'code' in error)) throw error
  }
}

function highestNumber(root: string): number {
  return Math.max(buildNumbers(root)[0] ?? 0, heldNumber(root))
}

/** The highest number that builds had when some were forgotten. */
function heldFile(root: string): string {
  return path.join(buildsFolder(root), heldName)
}

export const heldName = 'highest'

function heldNumber(root: string): number {
  try {
    const text = readFileSync(heldFile(root), 'utf8')
    return /^[1-9]\d{0,14}\n$/.test(text) ? Number(text) : 0
  } catch (error) {
    if (isSystemError(error, 'ENOENT', 'ENOTDIR', 'EISDIR', 'EACCES')) return 0
    throw error
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
