/** Reads EROFS images as the specification says, sharing nothing with the writer. */

/** A file of an image, with all that it says. Bytes are in it, or in pieces of the device. */
export interface ErofsFile {
  readonly number: number
  readonly mode: number
  readonly uid: number
  readonly gid: number
  readonly mtime: number
  readonly links: number
  readonly size: number
  readonly rdev: number
  readonly xattrs: ReadonlyMap<string, Buffer>
  readonly bytes?: Buffer
  /** Block and size of each piece in the device. */
  readonly chunks?: readonly { readonly block: number; readonly size: number }[]
}

/** All names of an image with what they lead to; the name of the root is empty. Names are in latin1: a letter a byte. */
export function readErofs(image: Buffer): ReadonlyMap<string, ErofsFile> {
  const at = 1024
  expect(image.readUInt32LE(at) === 0xe0f5e1e2, 'the magic number')
  const blockSize = 2 ** image.readUInt8(at + 12)
  expect(image.length === image.readUInt32LE(at + 36) * blockSize, 'the number of blocks')
  const base = image.readUInt32LE(at + 40) * blockSize
  const epoch = Number(image.readBigUInt64LE(at + 24))
  const read = (number: number) => readInode(image, base + number * 32, number, blockSize, epoch)
  const rootNumber = image.readUInt16LE(at + 14)
  const found = new Map<string, ErofsFile>()
  const waiting = [{ path: '', number: rootNumber, parent: rootNumber }]
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const file = read(next.number)
    found.set(next.path, file)
    if ((file.mode & 0o170000) !== 0o040000) continue
    const entries = direntsOf(file.bytes ?? Buffer.alloc(0), blockSize)
    expect(entries.get('.')?.number === next.number && entries.get('..')?.number === next.parent, 'the dots')
    for (const [name, { number, code }] of entries) {
      if (name === '.' || name === '..') continue
      expect(code === codes.get(read(number).mode & 0o170000), `the kind of ${name}`)
      waiting.push({ path: next.path === '' ? name : `${next.path}/${name}`, number, parent: next.number })
    }
  }
  const numbers = new Set([...found.values()].map(({ number }) => number))
  expect(numbers.size === Number(image.readBigUInt64LE(at + 16)), 'the number of inodes')
  return found
}

const codes = new Map([
  [0o100000, 1],
  [0o040000, 2],
  [0o020000, 3],
  [0o060000, 4],
  [0o010000, 5],
  [0o120000, 7],
])

function readInode(image: Buffer, at: number, number: number, blockSize: number, epoch: number): ErofsFile {
  const format = image.readUInt16LE(at)
  const isLong = (format & 1) === 1
  const layout = (format >> 1) & 7
  const head = isLong ? 64 : 32
  const size = isLong ? Number(image.readBigUInt64LE(at + 8)) : image.readUInt32LE(at + 8)
  const xattrCount = image.readUInt16LE(at + 2)
  const xattrSize = xattrCount === 0 ? 0 : 12 + 4 * (xattrCount - 1)
  const place = image.readUInt32LE(at + 16)
  const body = at + head + xattrSize
  const mode = image.readUInt16LE(at + 4)
  const isNode = [0o020000, 0o060000, 0o010000].includes(mode & 0o170000)
  return {
    number,
    mode,
    links: isLong ? image.readUInt32LE(at + 44) : image.readUInt16LE(at + 6),
    size,
    uid: isLong ? image.readUInt32LE(at + 24) : image.readUInt16LE(at + 24),
    gid: isLong ? image.readUInt32LE(at + 28) : image.readUInt16LE(at + 26),
    mtime: isLong ? Number(image.readBigInt64LE(at + 32)) : epoch,
    rdev: isNode ? place : 0,
    xattrs: xattrsOf(image.subarray(at + head, body)),
    ...(isNode ? {} : dataOf(image, { layout, size, place, body, blockSize })),
  }
}

interface Place {
  readonly layout: number
  readonly size: number
  readonly place: number
  readonly body: number
  readonly blockSize: number
}

function dataOf(image: Buffer, { layout, size, place, body, blockSize }: Place): Pick<ErofsFile, 'bytes' | 'chunks'> {
  if (layout === 0) {
    expect(place * blockSize + size <= image.length, 'the end of plain bytes')
    return { bytes: image.subarray(place * blockSize, place * blockSize + size) }
  }
  if (layout === 2) {
    const whole = Math.floor(size / blockSize) * blockSize
    expect(
      whole === 0 && Math.floor(body / blockSize) === Math.floor((body + size - 1) / blockSize),
      'inline bytes in one block',
    )
    return { bytes: image.subarray(body, body + size) }
  }
  expect(layout === 4 && (place & 0x20) !== 0, 'the layout')
  const chunkSize = blockSize * 2 ** (place & 0x1f)
  const start = Math.ceil(body / 8) * 8
  const chunks = Array.from({ length: Math.ceil(size / chunkSize) }, (_, index) => {
    expect(image.readUInt16LE(start + 8 * index + 2) === 1, 'the number of the device')
    return { block: image.readUInt32LE(start + 8 * index + 4), size: Math.min(chunkSize, size - index * chunkSize) }
  })
  return { chunks }
}

const prefixes = new Map([
  [1, 'user.'],
  [4, 'trusted.'],
  [6, 'security.'],
])

function xattrsOf(area: Buffer): ReadonlyMap<string, Buffer> {
  const found = new Map<string, Buffer>()
  for (let at = 12; at < area.length; ) {
    const [nameLength, prefix, size] = [area.readUInt8(at), area.readUInt8(at + 1), area.readUInt16LE(at + 2)]
    const value = at + 4 + nameLength
    expect(prefixes.has(prefix) && value + size <= area.length, 'an attribute')
    found.set(`${prefixes.get(prefix)}${area.toString('utf8', at + 4, value)}`, area.subarray(value, value + size))
    at = Math.ceil((value + size) / 4) * 4
  }
  return found
}

function direntsOf(bytes: Buffer, blockSize: number) {
  const found = new Map<string, { readonly number: number; readonly code: number }>()
  let before = ''
  for (let start = 0; start < bytes.length; start += blockSize) {
    const block = bytes.subarray(start, start + blockSize)
    const count = block.readUInt16LE(8) / 12
    for (let each = 0; each < count; each++) {
      const from = block.readUInt16LE(each * 12 + 8)
      const end = each + 1 < count ? block.readUInt16LE(each * 12 + 20) : endOf(block, from)
      const name = block.toString('latin1', from, end)
      expect(name > before || before === '', `the order of ${name}`)
      before = name
      found.set(name, { number: Number(block.readBigUInt64LE(each * 12)), code: block.readUInt8(each * 12 + 10) })
    }
  }
  return found
}

/** The last name of a block ends with it, or at a NUL. */
function endOf(block: Buffer, from: number): number {
  const end = block.indexOf(0, from)
  return end < 0 ? block.length : end
}

function expect(holds: boolean, what: string): void {
  if (!holds) throw new Error(`wrong in the image: ${what}`)
}
