import { accessSync, constants, statSync } from 'node:fs'
import path from 'node:path'
import { TsbuildError } from '../../errors.ts'

/** Programs of this machine by name, and the environment they are run with: fixed, whatever tsbuild or an image has. */
export interface Tools {
  /** Absolute path of a program; undefined when the machine does not have it. */
  find(name: string): string | undefined
  /** @throws {TsbuildError} TSB_TOOL_MISSING */
  need(name: string): string
  readonly env: Readonly<Record<string, string>>
}

/** Where system programs are when a user's `PATH` does not say so. */
const systemFolders = ['/usr/local/sbin', '/usr/sbin', '/sbin', '/usr/local/bin', '/usr/bin', '/bin']

const packages: Readonly<Record<string, string>> = {
  chroot: 'coreutils',
  cp: 'coreutils',
  env: 'coreutils',
  slirp4netns: 'slirp4netns',
}

/** @param searchPath a `PATH`; relative folders in it are passed over */
export function openTools(searchPath: string): Tools {
  const given = searchPath.split(':').filter((folder) => path.isAbsolute(folder))
  const folders = [...new Set([...given, ...systemFolders])]
  const known = new Map<string, string | undefined>()
  const find = (name: string): string | undefined => {
    if (!known.has(name)) known.set(name, folders.map((folder) => path.join(folder, name)).find(isProgram))
    return known.get(name)
  }
  return {
    find,
    need: (name) => find(name) ?? missing(name),
    // Long option strings fail with the newer mount calls, which take 256 bytes at once.
    env: { PATH: folders.join(':'), LC_ALL: 'C', LIBMOUNT_FORCE_MOUNT2: 'always' },
  }
}

function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    return statSync(file).isFile()
  } catch {
    return false // not there, or not for us: look on
  }
}

function missing(name: string): never {
  const from = packages[name] ?? 'util-linux'
  throw new TsbuildError('TSB_TOOL_MISSING', `${name} is not on this machine`, { hint: `install ${from}` })
}
