import { execFile } from 'node:child_process'
import { symlink } from 'node:fs/promises'
import path from 'node:path'
import { promisify } from 'node:util'
import { deviceLinks, devices } from './surroundings.ts'
import type { Tools } from './tools.ts'

/** Fills an empty `/dev`, as far as this machine lets us make devices; shells cannot do without `/dev/null`. */
export async function fillDevices(folder: string, tools: Tools): Promise<void> {
  for (const [name, [major, minor]] of Object.entries(devices)) {
    await makeDevice(path.join(folder, name), major, minor, tools)
  }
  for (const name of ['fd', 'stdin', 'stdout', 'stderr']) {
    await symlink(deviceLinks[name] ?? '', path.join(folder, name))
  }
}

async function makeDevice(place: string, major: number, minor: number, tools: Tools): Promise<void> {
  const args = ['--mode=666', '--', place, 'c', String(major), String(minor)]
  try {
    await promisify(execFile)(tools.need('mknod'), args, { env: { ...tools.env } })
  } catch (error) {
    // Refused by this machine: the step does without.
    if (!(error instanceof Error && 'stderr' in error)) throw error
  }
}
