import { chmodSync, constants, symlinkSync } from 'node:fs'
import path from 'node:path'
import { isSystemError } from '../../errors.ts'
import { makeNode } from '../../syscalls/index.ts'
import { deviceLinks, devices } from './surroundings.ts'

/** Fills an empty `/dev`, as far as this machine lets us make devices; shells cannot do without `/dev/null`. */
export function fillDevices(folder: string): void {
  for (const [name, [major, minor]] of Object.entries(devices)) makeDevice(path.join(folder, name), major, minor)
  for (const name of ['fd', 'stdin', 'stdout', 'stderr']) symlinkSync(deviceLinks[name] ?? '', path.join(folder, name))
}

/** Where this machine refuses, the step does without. */
function makeDevice(place: string, major: number, minor: number): void {
  try {
    makeNode(place, constants.S_IFCHR | 0o666, major, minor)
    chmodSync(place, 0o666)
  } catch (error) {
    if (!isSystemError(error, 'EPERM')) throw error
  }
}
