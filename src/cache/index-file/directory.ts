import { decodeName, nameBytes } from '../../tree/index.ts'
import type { Blocks } from './blocks.ts'
import { ByteReader } from './bytes.ts'
import { type BlockRef, readRef } from './ref.ts'

/** The names in a directory of an index file, and where their records are. Pages are read when they are asked for. */
export interface StoredDirectory {
  /** The reader stands at the record. */
  find(name: string): ByteReader | undefined
  names(): readonly string[]
}

/** Blocks that were read not long ago. */
export interface PageCache {
  /** The page of a reference; `read` when it is not known any more. */
  page(ref: BlockRef, read: (ref: BlockRef) => Buffer): Page
}

/** @param blocks what `ref` is in */
export function openDirectory(ref: BlockRef, blocks: Blocks, cache: PageCache): StoredDirectory {
  const pages = pagesOf(ref, blocks)
  const open = (page: BlockRef) => cache.page(page, blocks.read)
  return {
    find(name) {
      const bytes = nameBytes(name)
      const page = pages[lastAtMost(pages.length, (at) => Buffer.compare(pages[at]?.first ?? bytes, bytes))]
      return page && open(page.ref).find(bytes)
    },
    names: () => pages.flatMap((page) => open(page.ref).names()),
  }
}

/** The pages of a directory in order. */
export function pagesOf(ref: BlockRef, blocks: Blocks): readonly { readonly first: Buffer; readonly ref: BlockRef }[] {
  if (!ref.isList) return [{ first: Buffer.alloc(0), ref }]
  const from = new ByteReader(blocks.read(ref))
  return Array.from({ length: from.number() }, () => ({ first: from.raw(), ref: readRef(from) }))
}

/** Records of a directory, in the order of their names. */
export class Page {
  readonly bytes: Buffer
  readonly count: number
  /** Walks ask for one name after the other. */
  #next = 0

  constructor(bytes: Buffer) {
    this.bytes = bytes
    this.count = bytes.readUInt32LE()
  }

  record(index: number): ByteReader {
    return new ByteReader(this.bytes, this.bytes.readUInt32LE(4 * (1 + index)))
  }

  name(index: number): string {
    return decodeName(this.#nameBytes(index))
  }

  names(): readonly string[] {
    return Array.from({ length: this.count }, (_, index) => this.name(index))
  }

  find(name: Buffer): ByteReader | undefined {
    const index = this.#is(this.#next, name)
      ? this.#next
      : lastAtMost(this.count, (at) => Buffer.compare(this.#nameBytes(at), name))
    if (!this.#is(index, name)) return undefined
    this.#next = index + 1
    return this.record(index)
  }

  #is(index: number, name: Buffer): boolean {
    return index >= 0 && index < this.count && this.#nameBytes(index).equals(name)
  }

  #nameBytes(index: number): Buffer {
    const record = this.record(index)
    record.at++
    return record.raw()
  }
}

/** Pages up to about this many bytes, all files together; those that were not asked for lately go first. */
export function pageCache(limit = 8 << 20): PageCache {
  let [recent, older] = [new Map<BlockRef, Page>(), new Map<BlockRef, Page>()]
  let size = 0
  return {
    page(ref, read) {
      const known = recent.get(ref)
      if (known) return known
      const page = older.get(ref) ?? new Page(read(ref))
      if (size > limit / 2) {
        older = recent
        recent = new Map()
        size = 0
      }
      recent.set(ref, page)
      size += ref.length
      return page
    },
  }
}

/** The last index whose value is at most 0, of values that rise; -1 when all are above. */
function lastAtMost(count: number, compare: (index: number) => number): number {
  let [low, high] = [0, count]
  while (low < high) {
    const middle = (low + high) >>> 1
    if (compare(middle) <= 0) low = middle + 1
    else high = middle
  }
  return low - 1
}
