import { sha256, sha256Hasher } from '../../digest/index.ts'
import { impliedDirectory, joinPath, rootPath, type TreePath } from '../../tree/index.ts'
import type { IndexedChange, LayerIndex } from '../layer-index.ts'
import { ByteWriter } from './bytes.ts'
import { magic } from './form.ts'
import { type Group, groupByDirectory, orderOf } from './group.ts'
import { writeRecord } from './record.ts'
import { type BlockRef, writeRef } from './ref.ts'

/** Bytes of records in a page: what a lookup reads and checks for each directory on its way. */
const pageSize = 16 * 1024
const pieceSize = 1 << 20

/** The bytes of an index file, in pieces that are to be taken before the next is asked for. */
export function* indexPieces({ tarSize, changes }: LayerIndex): Generator<Uint8Array, void, undefined> {
  const { root, groups } = groupByDirectory(changes)
  const body = openBody()
  const page = new PageWriter(body)
  const below = new Map<Group, BlockRef>()
  const implied: TreePath[] = []
  for (let group = groups.at(-1), at = groups.length; group; group = groups[--at - 1]) {
    below.set(group, putGroup(group, page, below, implied, body))
    if (body.pending() >= pieceSize) yield body.take()
  }
  const rootChange = root ?? impliedDirectory(rootPath)
  if (groups.length > 0 && isImplied(rootChange)) implied.push(rootPath)
  const list = putImplied(implied.reverse(), body)
  yield body.take()
  yield headerAndFoot(tarSize, body, rootChange, groups[0] && below.get(groups[0]), list)
}

/** The blocks of a file, with their place and digest. */
interface Body {
  put(bytes: Uint8Array, isList?: boolean): BlockRef
  /** Bytes that were put and not taken. */
  pending(): number
  take(): Uint8Array
  /** Of all blocks. */
  sum(): Pick<BlockRef, 'length' | 'digest'>
}

function openBody(): Body {
  const hasher = sha256Hasher()
  const piece = new ByteWriter()
  let taken = 0
  return {
    put(bytes, isList = false) {
      const offset = taken + piece.length
      piece.append(bytes)
      return { offset, length: bytes.length, digest: sha256(bytes), isList }
    },
    pending: () => piece.length,
    take() {
      const bytes = Buffer.from(piece.written())
      hasher.update(bytes)
      taken += bytes.length
      piece.clear()
      return bytes
    },
    sum: () => ({ length: taken, digest: hasher.digest() }),
  }
}

/** @param implied gets the implied directories of the group that have something below */
function putGroup(
  group: Group,
  page: PageWriter,
  refs: ReadonlyMap<Group, BlockRef>,
  implied: TreePath[],
  body: Body,
): BlockRef {
  const pages: PageOfList[] = []
  for (const place of orderOf(group)) {
    const name = group.names[place] ?? ''
    if (page.length >= pageSize) pages.push(page.put())
    const change = group.changes[place] ?? impliedDirectory(joinPath(group.path, name))
    const inner = group.below.size > 0 ? group.below.get(name) : undefined
    const ref = inner && refs.get(inner)
    if (ref && isImplied(change)) implied.push(change.path)
    page.add(name, change, ref)
  }
  const last = page.put()
  return pages.length === 0 ? last.ref : putPages([...pages, last], body)
}

interface PageOfList {
  readonly first: string
  readonly ref: BlockRef
}

/** Makes one page after the other. */
class PageWriter {
  readonly #body: Body
  readonly #records = new ByteWriter()
  readonly #page = new ByteWriter()
  readonly #starts: number[] = []
  #first = ''

  constructor(body: Body) {
    this.#body = body
  }

  get length(): number {
    return this.#records.length
  }

  add(name: string, change: IndexedChange, below: BlockRef | undefined): void {
    if (this.#starts.length === 0) this.#first = name
    this.#starts.push(this.#records.length)
    writeRecord(this.#records, name, change, below, this.#body.put)
  }

  put(): PageOfList {
    const begin = 4 * (1 + this.#starts.length)
    this.#page.clear()
    this.#page.word(this.#starts.length)
    for (const start of this.#starts) this.#page.word(begin + start)
    this.#page.append(this.#records.written())
    this.#records.clear()
    this.#starts.length = 0
    return { first: this.#first, ref: this.#body.put(this.#page.written()) }
  }
}

function putPages(pages: readonly PageOfList[], body: Body): BlockRef {
  const list = new ByteWriter()
  list.number(pages.length)
  for (const { first, ref } of pages) {
    list.text(first)
    writeRef(list, ref)
  }
  return body.put(list.written(), true)
}

function putImplied(paths: readonly TreePath[], body: Body): BlockRef | undefined {
  if (paths.length === 0) return undefined
  const list = new ByteWriter()
  list.number(paths.length)
  for (const path of paths) list.text(path)
  return body.put(list.written())
}

function headerAndFoot(
  tarSize: number,
  body: Body,
  root: IndexedChange,
  below: BlockRef | undefined,
  implied: BlockRef | undefined,
): Uint8Array {
  const to = new ByteWriter()
  const { length, digest } = body.sum()
  to.number(tarSize)
  to.number(length)
  to.digest(digest)
  to.byte(implied ? 1 : 0)
  if (implied) writeRef(to, implied)
  writeRecord(to, '', root, below, () => {
    throw new Error('the root of a layer is no file')
  })
  to.word(to.length)
  to.append(magic)
  to.digest(sha256(to.written()))
  return to.written()
}

function isImplied(change: IndexedChange): boolean {
  return change.kind === 'directory' && change.implied === true
}
