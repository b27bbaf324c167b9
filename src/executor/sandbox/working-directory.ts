import { lstatSync, readlinkSync, type Stats } from 'node:fs'
import path from 'node:path'
import { isSystemError, TsbuildError } from '../../errors.ts'
import { decodeName, nameBytes } from '../../tree/index.ts'
import type { SandboxMount } from './sandbox.ts'
import { deviceLinks } from './surroundings.ts'

/**
 * Refuses a working directory that a runtime would enter by a handle of its own, on files of the host (CVE-2024-21626): one
 * in `/proc`, behind a link of `/dev`, or behind a link in a mount. Links of the image are followed before.
 * @throws {TsbuildError} TSB_SANDBOX_CWD
 */
export function checkDirectory(cwd: string, mounts: readonly SandboxMount[]): void {
  const clean = path.normalize(cwd)
  const handles = ['/proc', ...Object.keys(deviceLinks).map((name) => `/dev/${name}`)]
  if (!path.isAbsolute(cwd) || handles.some((place) => `${clean}/`.startsWith(`${place}/`))) {
    throw noDirectory(cwd, 'WORKDIR has to be a directory of the image')
  }
  const inside = mounts.filter(({ target }) => clean.startsWith(`${target}/`))
  const innermost = inside.sort((a, b) => b.target.length - a.target.length)[0]
  if (innermost && leadsOut(foldersOf(innermost), clean.slice(innermost.target.length + 1))) {
    throw noDirectory(cwd, `a link leads out of what is mounted on ${innermost.target}`)
  }
}

function noDirectory(cwd: string, hint: string): TsbuildError {
  return new TsbuildError('TSB_SANDBOX_CWD', `no command can run in ${cwd}`, { hint })
}

/** What a mount shows, topmost first. */
function foldersOf(mount: SandboxMount): readonly string[] {
  if (mount.kind === 'tmpfs') return []
  if (mount.kind === 'bind') return [mount.source]
  return [mount.upper, ...mount.lowers].map((folder) => path.join(folder, mount.subpath))
}

/** As the kernel stops after 40. */
const linkLimit = 40

function leadsOut(folders: readonly string[], below: string): boolean {
  const waiting = below.split('/')
  const at: string[] = []
  let links = 0
  for (let name = waiting.shift(); name !== undefined; name = waiting.shift()) {
    if (name === '' || name === '.') continue
    if (name === '..') {
      if (at.pop() === undefined) return true
      continue
    }
    const link = linkAt(folders, [...at, name].join('/'))
    if (link === undefined) at.push(name)
    else if (link.startsWith('/') || ++links > linkLimit) return true
    else waiting.unshift(...link.split('/'))
  }
  return false
}

/** The text of the link that is shown at a place; undefined for anything else. */
function linkAt(folders: readonly string[], place: string): string | undefined {
  for (const folder of folders) {
    const file = nameBytes(path.join(folder, place))
    const stats = look(file)
    if (stats) return stats.isSymbolicLink() ? decodeName(readlinkSync(file, 'buffer')) : undefined
  }
  return undefined
}

function look(file: Buffer): Stats | undefined {
  try {
    return lstatSync(file, { throwIfNoEntry: false })
  } catch (error) {
    if (isSystemError(error, 'ENOTDIR')) return undefined
    throw error
  }
}
