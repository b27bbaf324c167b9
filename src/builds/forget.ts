import { existsSync, rmSync, statSync } from 'node:fs'
import { tryAcquire } from '../store/index.ts'
import { buildFolder, buildLock, buildNumbers, recordFile } from './files.ts'

/** A folder this young may be one whose build has not locked it yet. Milliseconds. */
const youngest = 60_000

/**
 * Removes all but the newest builds, and what builds left that were killed.
 * @param now milliseconds since 1970
 * @returns the numbers of those that had a record
 */
export function forgetOld(root: string, keep: number, now: number): readonly number[] {
  const numbers = buildNumbers(root)
  const finished = numbers.filter((number) => existsSync(recordFile(root, number)))
  const killed = numbers.filter((number) => !finished.includes(number) && isLeft(root, number, now))
  const old = finished.slice(keep)
  for (const number of [...old, ...killed]) forget(root, number)
  return old
}

/** The record goes first: what is left of a folder when this is stopped is that of no build. */
export function forget(root: string, number: number): void {
  rmSync(recordFile(root, number), { force: true })
  rmSync(buildFolder(root, number), { recursive: true, force: true })
}

function isLeft(root: string, number: number, now: number): boolean {
  const made = statSync(buildFolder(root, number), { throwIfNoEntry: false })
  if (!made || now - made.mtimeMs < youngest || !made.isDirectory()) return false
  const release = tryAcquire(buildLock(root, number))
  release?.()
  return release !== undefined
}
