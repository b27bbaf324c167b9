import { nameBytes } from '../tree/index.ts'
import { bytesOf, setLong } from './area.ts'
import { blockSize, direntSize, longestName } from './format.ts'
import { NotIndexableError } from './not-indexable.ts'

/** A name in a directory. */
export interface Child {
  readonly name: string
  readonly code: number
  readonly inode: { readonly number: number }
}

/** The bytes of a directory. */
export interface Dirents {
  readonly bytes: Buffer
  /** Where its own number belongs, and that of its parent: these are known later. */
  readonly selfAt: number
  readonly parentAt: number
}

/**
 * The entries of a directory in blocks: in each, first the entries and then their names.
 * @param children by the bytes of their names, `.` and `..` among them
 */
export function encodeDirents(children: readonly Child[]): Dirents {
  const names = children.map(({ name }) => (name.isWellFormed() ? name : nameBytes(name)))
  const blocks = splitBlocks(names)
  const last = blocks.at(-1) ?? { from: 0, to: 0, size: 0 }
  const { buffer, view } = bytesOf((blocks.length - 1) * blockSize + last.size)
  let [selfAt, parentAt] = [0, 0]
  for (const [index, { from, to }] of blocks.entries()) {
    let entryAt = index * blockSize
    let nameAt = (to - from) * direntSize
    for (let each = from; each < to; each++) {
      const [child, name] = [children[each], names[each]]
      if (!child || name === undefined) throw new Error('an entry without a name')
      if (child.name === '.') selfAt = entryAt
      else if (child.name === '..') parentAt = entryAt
      else setLong(view, entryAt, child.inode.number)
      view.setUint16(entryAt + 8, nameAt, true)
      view.setUint8(entryAt + 10, child.code)
      nameAt += writeName(buffer, index * blockSize + nameAt, name)
      entryAt += direntSize
    }
  }
  return { bytes: buffer, selfAt, parentAt }
}

function writeName(bytes: Buffer, at: number, name: string | Buffer): number {
  return typeof name === 'string' ? bytes.write(name, at) : name.copy(bytes, at)
}

function splitBlocks(names: readonly (string | Buffer)[]) {
  const blocks: { from: number; to: number; size: number }[] = []
  let block = { from: 0, to: 0, size: 0 }
  for (const [index, name] of names.entries()) {
    const length = Buffer.byteLength(name)
    if (length > longestName) throw new NotIndexableError(`a name of ${length} bytes`)
    if (block.size + direntSize + length > blockSize) {
      blocks.push(block)
      block = { from: index, to: index, size: 0 }
    }
    block.to = index + 1
    block.size += direntSize + length
  }
  return [...blocks, block]
}
