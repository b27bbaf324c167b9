import { type Entry, isCapability } from '../tree/index.ts'
import { alignUp } from './area.ts'
import { NotIndexableError } from './not-indexable.ts'

/**
 * The extended attributes of an inode, as they stand behind it; empty for none. Those that the kernel would refuse to set
 * on such a file are left out: a lower directory that is unpacked has not got them either, and what copies a file up could
 * not read them.
 */
export function xattrBytes(entry: Entry): Buffer {
  const kept = [...(entry.xattrs ?? [])].filter(([name, value]) => canBeSet(entry, name, value))
  if (entry.kind === 'directory' && entry.opaque) kept.push(['trusted.overlay.opaque', Buffer.from('y')])
  if (kept.length === 0) return nothing
  const bytes = Buffer.concat([Buffer.alloc(headerSize), ...kept.map(([name, value]) => record(name, value))])
  if (countOf(bytes) > 0xffff) throw new NotIndexableError('too many extended attributes')
  return bytes
}

/** The size of `xattrBytes`, as an inode tells it. */
export function countOf(bytes: Buffer): number {
  return bytes.length === 0 ? 0 : (bytes.length - headerSize) / 4 + 1
}

const nothing = Buffer.alloc(0)
const headerSize = 12

/** Prefixes are numbers. */
const prefixes: readonly (readonly [string, number])[] = [
  ['user.', 1],
  ['trusted.', 4],
  ['security.', 6],
]

function record(name: string, value: Uint8Array): Buffer {
  const [prefix, number] = prefixes.find(([start]) => name.startsWith(start)) ?? ['', 0]
  const rest = Buffer.from(name.slice(prefix.length))
  if (number === 0 || Buffer.byteLength(name) > 255 || value.length > 0xffff) {
    throw new NotIndexableError(`the extended attribute ${name} of ${value.length} bytes`)
  }
  const bytes = Buffer.alloc(alignUp(4 + rest.length + value.length, 4))
  bytes.writeUInt8(rest.length, 0)
  bytes.writeUInt8(number, 1)
  bytes.writeUInt16LE(value.length, 2)
  rest.copy(bytes, 4)
  bytes.set(value, 4 + rest.length)
  return bytes
}

function canBeSet({ kind }: Entry, name: string, value: Uint8Array): boolean {
  if (name === 'security.capability') return isCapability(value)
  return name !== 'user.' && (kind === 'file' || kind === 'directory')
}
