import { readdirSync } from 'node:fs'
import path from 'node:path'
import { isSystemError } from '../errors.ts'

/** How many builds are remembered. */
export const keptBuilds = 50

/** The folder of all records, below the root of a store. */
export function buildsFolder(root: string): string {
  return path.join(root, 'builds')
}

export function buildFolder(root: string, number: number): string {
  return path.join(buildsFolder(root), String(number))
}

/** Where a record is once its build is over. */
export function recordFile(root: string, number: number): string {
  return path.join(buildFolder(root, number), 'record.json')
}

/** All that a step printed, as it came, masked. */
export function logFile(root: string, number: number, step: number): string {
  return path.join(buildFolder(root, number), `${step}.log`)
}

/** Who holds it is a build that is not over. */
export function buildLock(root: string, number: number): string {
  return path.join(buildFolder(root, number), 'lock')
}

/** The numbers of all builds that have a folder, newest first. Whatever else is there is passed over. */
export function buildNumbers(root: string): readonly number[] {
  const names = namesIn(buildsFolder(root)).filter((name) => /^[1-9]\d{0,14}$/.test(name))
  return names.map(Number).sort((a, b) => b - a)
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder)
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return []
    throw error
  }
}
