import { readContent } from './content.ts'
import type { Entry, FileEntry } from './entry.ts'

/**
 * True when two entries are the same in all that can be seen without reading: kind, mode, owner, extended attributes,
 * target, device, size, and time but for directories (it only says that something in them came or went).
 */
export function sameEntry(a: Entry, b: Entry): boolean {
  return (
    a.uid === b.uid &&
    a.gid === b.gid &&
    (a.mode === b.mode || a.kind === 'symlink') &&
    (a.mtime === b.mtime || a.kind === 'directory') &&
    sameXattrs(a.xattrs, b.xattrs) &&
    sameKind(a, b)
  )
}

/** True when two files have the same bytes. Reads no further than the first difference, and nothing where digests are known. */
export async function sameContent(a: FileEntry, b: FileEntry): Promise<boolean> {
  if (a.size !== b.size) return false
  if (a.digest !== undefined && b.digest !== undefined) return a.digest === b.digest
  const [left, right] = [new Pieces(readContent(a)), new Pieces(readContent(b))]
  try {
    for (;;) {
      const length = Math.min(await left.available(), await right.available())
      if (length === 0) return true
      if (Buffer.compare(left.take(length), right.take(length)) !== 0) return false
    }
  } finally {
    await Promise.all([left.close(), right.close()])
  }
}

function sameKind(a: Entry, b: Entry): boolean {
  switch (a.kind) {
    case 'file':
      return b.kind === 'file' && a.size === b.size
    case 'directory':
      return b.kind === 'directory'
    case 'symlink':
    case 'hardlink':
      return b.kind === a.kind && a.target === b.target
    case 'character':
    case 'block':
      return b.kind === a.kind && a.major === b.major && a.minor === b.minor
    case 'fifo':
      return b.kind === 'fifo'
  }
}

type Xattrs = Entry['xattrs']

function sameXattrs(a: Xattrs, b: Xattrs): boolean {
  const [left, right] = [a ?? noXattrs, b ?? noXattrs]
  if (left.size !== right.size) return false
  return [...left].every(([name, value]) => {
    const other = right.get(name)
    return other !== undefined && Buffer.compare(value, other) === 0
  })
}

const noXattrs: NonNullable<Xattrs> = new Map()

/** Bytes that come in parts of any size, taken in parts of another. */
class Pieces {
  readonly #source: AsyncGenerator<Uint8Array, void, undefined>
  #rest: Uint8Array = new Uint8Array()

  constructor(source: AsyncGenerator<Uint8Array, void, undefined>) {
    this.#source = source
  }

  /** Bytes that can be taken now; 0 at the end. */
  async available(): Promise<number> {
    while (this.#rest.length === 0) {
      const next = await this.#source.next()
      if (next.done) return 0
      this.#rest = next.value
    }
    return this.#rest.length
  }

  take(length: number): Uint8Array {
    const taken = this.#rest.subarray(0, length)
    this.#rest = this.#rest.subarray(length)
    return taken
  }

  async close(): Promise<void> {
    await this.#source.return()
  }
}
