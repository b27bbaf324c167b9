import { type Digest, sha256Hasher } from '../digest/index.ts'
import type { Change, FileEntry } from './entry.ts'
import { nameBytes } from './names.ts'
import { comparePaths } from './order.ts'

/** Gives the digest of a file's bytes: from the stat index, or by reading it. */
export type DigestOf = (file: FileEntry) => Digest | Promise<Digest>

/**
 * One digest for what these changes say: sha256 over the entries in path order, each with kind, path, mode, owner, link
 * target, device, extended attributes and the digest of its bytes. Not times. Directories that are only implied do not count. The order
 * in which the changes come does not matter.
 */
export async function contentId(changes: Iterable<Change>, digestOf: DigestOf): Promise<Digest> {
  const sorted = [...changes].filter(isSaid).sort((a, b) => comparePaths(a.path, b.path))
  const hasher = sha256Hasher()
  for (let start = 0; start < sorted.length; start += batchSize) {
    const batch = sorted.slice(start, start + batchSize)
    const digests = batch.map((change) => (change.kind === 'file' ? (change.digest ?? digestOf(change)) : ''))
    const known = digests.every((digest) => typeof digest === 'string') ? digests : await Promise.all(digests)
    hasher.update(batch.map((change, index) => encode(fieldsOf(change, known[index] ?? ''))).join(''))
  }
  return hasher.digest()
}

/** Files whose digests are asked for at once. */
const batchSize = 64

function isSaid(change: Change): boolean {
  return change.kind !== 'directory' || !change.implied || change.opaque === true
}

function fieldsOf(change: Change, digest: string): readonly string[] {
  if (change.kind === 'whiteout') return [change.kind, textOf(change.path)]
  return [
    change.kind,
    textOf(change.path),
    change.mode.toString(8),
    String(change.uid),
    String(change.gid),
    ...particulars(change, digest),
    ...xattrFields(change.xattrs),
  ]
}

function particulars(change: Exclude<Change, { readonly kind: 'whiteout' }>, digest: string): readonly string[] {
  switch (change.kind) {
    case 'file':
      return [digest]
    case 'directory':
      return change.opaque ? ['opaque'] : ['']
    case 'symlink':
    case 'hardlink':
      return [textOf(change.target)]
    case 'character':
    case 'block':
      return [`${change.major}:${change.minor}`]
    case 'fifo':
      return []
  }
}

function xattrFields(xattrs: ReadonlyMap<string, Uint8Array> = new Map()): readonly string[] {
  return [...xattrs]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([name, value]) => [name, Buffer.from(value).toString('hex')])
}

/** Names are bytes: those that are no text are written in hex, and say so. */
function textOf(name: string): string {
  return name.isWellFormed() ? `t${name}` : `x${nameBytes(name).toString('hex')}`
}

/** The number of fields, then each with its length before it: no two lists give the same text. */
function encode(fields: readonly string[]): string {
  return `${fields.length};${fields.map((field) => `${field.length}:${field}`).join('')}`
}
