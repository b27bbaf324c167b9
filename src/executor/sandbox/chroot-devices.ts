import { execFile } from 'node:child_process'
import { lstat, unlink } from 'node:fs/promises'
import path from 'node:path'
import { promisify } from 'node:util'
import { isSystemError } from '../../errors.ts'
import { devices } from './surroundings.ts'
import type { Tools } from './tools.ts'

/**
 * Makes the usual devices that the root does not have, as far as this machine lets us; shells cannot do without `/dev/null`.
 * The returned function takes away what was made.
 */
export async function putDevices(root: string, tools: Tools): Promise<() => Promise<void>> {
  const folder = path.join(root, 'dev')
  if (!(await look(folder))?.isDirectory()) return async () => {}
  const made: string[] = []
  for (const [name, [major, minor]] of Object.entries(devices)) {
    const place = path.join(folder, name)
    if ((await look(place)) === undefined && (await makeDevice(place, major, minor, tools))) made.push(place)
  }
  return async () => {
    if (!(await look(folder))?.isDirectory()) return
    for (const place of made) {
      if ((await look(place))?.isCharacterDevice()) await unlink(place)
    }
  }
}

async function makeDevice(place: string, major: number, minor: number, tools: Tools): Promise<boolean> {
  const args = ['--mode=666', '--', place, 'c', String(major), String(minor)]
  try {
    await promisify(execFile)(tools.need('mknod'), args, { env: { ...tools.env } })
    return true
  } catch (error) {
    if (error instanceof Error && 'stderr' in error) return false // refused: the step does without
    throw error
  }
}

async function look(place: string) {
  try {
    return await lstat(place)
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return undefined
    throw error
  }
}
