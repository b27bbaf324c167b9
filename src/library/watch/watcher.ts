import { type FSWatcher, lstatSync, readdirSync, statSync, watch } from 'node:fs'
import path from 'node:path'
import { isSystemError } from '../../errors.ts'
import { joinPath, rootPath, type TreePath } from '../../tree/index.ts'
import type { BuildReads, ContextReads } from './reads.ts'

/** Watches what a build reads, until it is closed. */
export interface Watcher {
  readonly directories: number
  /** The system has no room for watching, so that files are looked at once a second. */
  readonly polling: boolean
  close(): void
}

/**
 * Watches each directory that has something a build reads, by itself: what the build leaves alone costs nothing, and a change
 * there says nothing.
 * @param changed told of each path, absolute
 * @param isWritten true for paths that do not count
 */
export function watchReads(
  reads: BuildReads,
  changed: (path: string) => void,
  isWritten: (path: string) => boolean,
): Watcher {
  const places = placesOf(reads)
  const tell = (directory: string, name: string) => {
    const file = path.join(directory, name)
    const place = places.get(directory)
    if (place?.counts(name) && !isWritten(file) && isChange(file, name, place)) changed(file)
  }
  const watchers: FSWatcher[] = []
  const close = () => {
    for (const watcher of watchers.splice(0)) watcher.close()
  }
  try {
    for (const directory of places.keys()) {
      const watcher = watchOne(directory, (name) => tell(directory, name))
      if (watcher) watchers.push(watcher)
    }
    return { directories: places.size, polling: false, close }
  } catch (error) {
    close()
    if (!isSystemError(error, 'ENOSPC', 'EMFILE', 'ENFILE', 'ENOSYS', 'ENOTSUP')) throw error
    return { directories: places.size, polling: true, close: poll(places, tell) }
  }
}

/** @returns undefined when the directory is gone: the one above it says so */
function watchOne(directory: string, tell: (name: string) => void): FSWatcher | undefined {
  try {
    const watcher = watch(directory, (_, name) => name !== null && tell(name))
    watcher.on('error', () => watcher.close())
    return watcher
  } catch (error) {
    if (isSystemError(error, 'ENOENT', 'ENOTDIR')) return undefined
    throw error
  }
}

/** A directory of this machine. */
interface Place {
  readonly counts: (name: string) => boolean
  /** What it had when it was looked at. */
  readonly known: ReadonlySet<string>
}

/** A file that came and went again, as those of editors do, is none. */
function isChange(file: string, name: string, { known }: Place): boolean {
  return known.has(name) || lstatSync(file, { throwIfNoEntry: false }) !== undefined
}

function placesOf({ files, contexts }: BuildReads): ReadonlyMap<string, Place> {
  const counted = new Map<string, ((name: string) => boolean)[]>()
  const add = (directory: string, counts: (name: string) => boolean) => {
    const known = counted.get(directory)
    if (known) known.push(counts)
    else if (isDirectory(directory)) counted.set(directory, [counts])
  }
  for (const [directory, inIt] of Map.groupBy(files, (file) => path.dirname(file))) {
    const names = new Set(inIt.map((file) => path.basename(file)))
    add(directory, (name) => names.has(name))
  }
  for (const context of contexts) {
    for (const at of directoriesIn(context)) {
      add(path.join(context.directory, at), (name) => context.reads(joinPath(at, name)))
    }
  }
  return new Map(
    [...counted].map(([directory, counts]) => [
      directory,
      { counts: (name) => counts.some((each) => each(name)), known: new Set(namesIn(directory)) },
    ]),
  )
}

function* directoriesIn({ tree, mayReadBelow }: ContextReads): Generator<TreePath> {
  const waiting: TreePath[] = mayReadBelow(rootPath) ? [rootPath] : []
  for (let at = waiting.pop(); at !== undefined; at = waiting.pop()) {
    yield at
    for (const name of tree.list(at)) {
      const place = joinPath(at, name)
      if (mayReadBelow(place) && (tree.isDirectory?.(place) ?? tree.get(place)?.kind === 'directory'))
        waiting.push(place)
    }
  }
}

/** Milliseconds between two looks. */
const interval = 1000

/** @returns what ends it */
function poll(places: ReadonlyMap<string, Place>, tell: (directory: string, name: string) => void): () => void {
  const looked = new Map([...places].map(([directory, place]) => [directory, lookAt(directory, place)]))
  const timer = setInterval(() => {
    for (const [directory, place] of places) {
      const [before, now] = [looked.get(directory), lookAt(directory, place)]
      looked.set(directory, now)
      for (const name of new Set([...(before?.keys() ?? []), ...now.keys()])) {
        if (before?.get(name) !== now.get(name)) tell(directory, name)
      }
    }
  }, interval)
  return () => clearInterval(timer)
}

function lookAt(directory: string, { counts }: Place): ReadonlyMap<string, string> {
  return new Map(
    namesIn(directory)
      .filter(counts)
      .map((name) => {
        const stats = lstatSync(path.join(directory, name), { throwIfNoEntry: false })
        return [name, stats ? [stats.ino, stats.size, stats.mode, stats.mtimeMs].join(' ') : '']
      }),
  )
}

function namesIn(directory: string): readonly string[] {
  try {
    return readdirSync(directory)
  } catch (error) {
    if (isSystemError(error, 'ENOENT', 'ENOTDIR', 'EACCES')) return []
    throw error
  }
}

function isDirectory(place: string): boolean {
  return statSync(place, { throwIfNoEntry: false })?.isDirectory() ?? false
}
