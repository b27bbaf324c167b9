import { constants } from 'node:fs'
import { type FileHandle, mkdir, open, readdir, rename } from 'node:fs/promises'
import path from 'node:path'
import { isSystemError } from '../../errors.ts'

/** Paths below a directory, each with whether it is a directory itself: parents come before what is in them. */
export type Names = ReadonlyMap<string, boolean>

/** What is below a directory, links as links; nothing when it is none. */
export async function namesBelow(folder: string): Promise<Names> {
  try {
    const entries = await readdir(folder, { recursive: true, withFileTypes: true })
    const names = entries.map((entry) => {
      return [path.relative(folder, path.join(entry.parentPath, entry.name)), entry.isDirectory()] as const
    })
    return new Map(names.sort(([a], [b]) => a.length - b.length))
  } catch (error) {
    if (isSystemError(error, 'ENOTDIR', 'ENOENT')) return new Map()
    throw error
  }
}

/** What is gone, or a directory no more, or one now: of a directory that is gone itself alone. */
export function goneFrom(before: Names, after: Names): readonly string[] {
  const gone = new Set<string>()
  for (const [name, isDirectory] of before) {
    if (after.get(name) === isDirectory || isBelow(name, gone)) continue
    gone.add(name)
  }
  return [...gone]
}

function isBelow(name: string, folders: ReadonlySet<string>): boolean {
  for (let at = path.dirname(name); at !== '.'; at = path.dirname(at)) if (folders.has(at)) return true
  return false
}

/**
 * Moves what has these names out of a directory that other steps may change at the same time: each folder on the way is
 * opened below the one before, and a link is never followed. What is there no more is no loss.
 * @param aside a directory that does not exist, on the same file system
 */
export async function takeAway(source: string, names: readonly string[], aside: string): Promise<void> {
  if (names.length > 0) await mkdir(aside, { mode: 0o700 })
  for (const [index, name] of names.entries()) await takeOne(source, name, path.join(aside, String(index)))
}

async function takeOne(source: string, name: string, place: string): Promise<void> {
  const handles: FileHandle[] = []
  try {
    let at = source
    for (const part of ['.', ...name.split('/').slice(0, -1)]) {
      const handle = await open(path.posix.join(at, part), folderAlone)
      handles.push(handle)
      at = `/proc/self/fd/${handle.fd}`
    }
    await rename(`${at}/${path.basename(name)}`, place)
  } catch (error) {
    if (!isSystemError(error, 'ENOENT', 'ENOTDIR', 'ELOOP')) throw error
  } finally {
    for (const handle of handles) await handle.close()
  }
}

const folderAlone = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW
