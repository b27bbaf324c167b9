import { spawnSync } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'

/** True when a program is on PATH (or in the places where Debian puts those of root). */
export function hasProgram(name: string): boolean {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/sbin']
  return folders.some((folder) => isExecutable(join(folder, name)))
}

/** Runs a program to its end and gives what it printed. Throws with its words when it fails. */
export function runProgram(name: string, ...args: readonly string[]): string {
  const { status, stdout, stderr, error } = spawnSync(name, args, { encoding: 'utf8' })
  if (error) throw error
  if (status !== 0) throw new Error(`${name} ${args.join(' ')}: exit ${status}\n${stderr}`)
  return stdout
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}
