import {
  baseName,
  type Change,
  type Content,
  type FileEntry,
  joinPath,
  parentPath,
  rootPath,
  type Tree,
  type TreePath,
} from '../../tree/index.ts'
import type { IndexedChange, IndexedFile } from '../layer-index.ts'
import { ByteReader } from './bytes.ts'
import { openDirectory, Page, type PageCache, pagesOf, type StoredDirectory } from './directory.ts'
import type { IndexFile } from './open.ts'
import { isOnlyImplied, readHead, readRest, type StoredData } from './record.ts'
import type { BlockRef } from './ref.ts'

/** Where the bytes of a file are, given where they begin in the tar. */
export type PlaceData = (path: TreePath, offset: number) => Content

/**
 * What the layer of an index file says, as `treeOfEntries` would show it. Only the directories on the way to what is asked
 * for are read.
 * @throws {DamagedIndexError} from each of its functions
 */
export function treeOfIndex(file: IndexFile, place: PlaceData, cache: PageCache): Tree {
  const { blocks } = file
  const known = recentPlaces(new ByteReader(file.root), (ref) => openDirectory(ref, blocks, cache))
  const fileOf = (entry: Omit<FileEntry, 'content'>, data: StoredData): FileEntry => ({
    ...entry,
    content:
      typeof data === 'number' ? place(entry.path, data) : { kind: 'bytes', bytes: Buffer.from(blocks.read(data)) },
  })
  const recordAt = (path: TreePath): ByteReader | undefined =>
    path === rootPath ? new ByteReader(file.root) : known.at(parentPath(path))?.names?.find(baseName(path))
  return {
    get(path): Change | undefined {
      const from = recordAt(path)
      return from && readRest(from, readHead(from), path, fileOf)
    },
    list(path) {
      const found = known.at(path)
      return found?.isDirectory ? (found.names?.names() ?? []) : []
    },
    impliedDirectories() {
      if (!file.implied) return []
      const from = new ByteReader(blocks.read(file.implied))
      return Array.from({ length: from.number() }, () => from.text() as TreePath)
    },
  }
}

/** What the layer of an index file says, each before what is in it, without what is only implied. */
export function* changesOfIndex(file: IndexFile): Generator<IndexedChange, void, undefined> {
  const { blocks } = file
  const fileOf = (entry: Omit<FileEntry, 'content'>, data: StoredData): IndexedFile => ({
    ...entry,
    data: typeof data === 'number' ? data : blocks.read(data).toString('base64'),
  })
  const root = new ByteReader(file.root)
  const head = readHead(root)
  if (!isOnlyImplied(head)) yield readRest(root, head, rootPath, fileOf)
  const pages = (path: TreePath, ref: BlockRef): Iterator<readonly [TreePath, ByteReader]> =>
    recordsOf(path, pagesOf(ref, blocks).values(), (page) => new Page(blocks.read(page)))
  const open = head.below ? [pages(rootPath, head.below)] : []
  for (let top = open.at(-1); top; top = open.at(-1)) {
    const next = top.next()
    if (next.done) {
      open.pop()
      continue
    }
    const [path, from] = next.value
    const found = readHead(from)
    if (!isOnlyImplied(found)) yield readRest(from, found, path, fileOf)
    if (found.below) open.push(pages(path, found.below))
  }
}

function* recordsOf(
  directory: TreePath,
  pages: Iterable<{ readonly ref: BlockRef }>,
  open: (ref: BlockRef) => Page,
): Generator<readonly [TreePath, ByteReader], void, undefined> {
  for (const { ref } of pages) {
    const page = open(ref)
    for (let index = 0; index < page.count; index++) yield [joinPath(directory, page.name(index)), page.record(index)]
  }
}

/** A place that may have something below it. */
interface StoredPlace {
  readonly isDirectory: boolean
  readonly names: StoredDirectory | undefined
}

/** Finds places by the way from the root, and remembers those of late. */
function recentPlaces(root: ByteReader, open: (below: BlockRef) => StoredDirectory) {
  const placeOf = (from: ByteReader | undefined): StoredPlace | undefined => {
    if (!from) return undefined
    const { kind, below } = readHead(from)
    return { isDirectory: kind === 'directory', names: below && open(below) }
  }
  const rootPlace = placeOf(root)
  let places = new Map<TreePath, StoredPlace | undefined>()
  const find = (path: TreePath) => (path === rootPath ? rootPlace : places.get(path))
  return {
    at(path: TreePath): StoredPlace | undefined {
      const way: TreePath[] = []
      if (places.size > rememberedPlaces && !places.has(path)) places = new Map()
      for (let at = path; at !== rootPath && !places.has(at); at = parentPath(at)) way.push(at)
      let found = way.length === 0 ? find(path) : undefined
      for (let next = way.pop(); next !== undefined; next = way.pop()) {
        found = placeOf(find(parentPath(next))?.names?.find(baseName(next)))
        places.set(next, found)
      }
      return found
    },
  }
}

const rememberedPlaces = 512
