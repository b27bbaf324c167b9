import { existsSync, rmSync, statSync } from 'node:fs'
import { tryAcquire } from '../store/index.ts'
import { buildFolder, buildLock, buildNumbers, recordFile } from './files.ts'

/** A folder this young may be one whose build is about to lock it, or to write its record. Milliseconds. */
const youngest = 60_000

/**
 * Removes all but the newest builds, those that were killed among them.
 * @param now milliseconds since 1970
 * @returns their numbers
 */
export function forgetOld(root: string, keep: number, now: number): readonly number[] {
  const old = buildNumbers(root).slice(keep)
  const over = old.filter((number) => existsSync(recordFile(root, number)) || isLeft(root, number, now))
  for (const number of over) forget(root, number)
  return over
}

/** The record goes first: what is left of a folder when this is stopped is that of no build. */
export function forget(root: string, number: number): void {
  rmSync(recordFile(root, number), { force: true })
  rmSync(buildFolder(root, number), { recursive: true, force: true })
}

/** True for the folder of a build that was killed. */
export function isLeft(root: string, number: number, now: number): boolean {
  const made = statSync(buildFolder(root, number), { throwIfNoEntry: false })
  if (!made?.isDirectory() || now - made.mtimeMs < youngest) return false
  if (!existsSync(buildLock(root, number))) return true
  const release = tryAcquire(buildLock(root, number))
  release?.()
  return release !== undefined
}
