import { type Digest, sha256, sha256Hasher } from '../digest/index.ts'
import type { Change, FileEntry } from './entry.ts'
import { nameBytes } from './names.ts'
import { comparePaths, inOrder } from './order.ts'
import { rootPath, type TreePath } from './path.ts'

/** Gives the digest of a file's bytes: from the stat index, or by reading it. */
export type DigestOf = (file: FileEntry) => Digest | Promise<Digest>

/**
 * One digest for what these changes say: sha256 over the entries in path order, each with kind, path, mode, owner, link
 * target, device, extended attributes and the digest of its bytes. Not times. Directories that are only implied do not count. The order
 * in which the changes come does not matter.
 */
export async function contentId(changes: Iterable<Change>, digestOf: DigestOf): Promise<Digest> {
  const sorted = inOrder([...changes].filter(isSaid), (a, b) => comparePaths(a.path, b.path))
  const hasher = sha256Hasher()
  for (let start = 0; start < sorted.length; start += batchSize) {
    const batch = sorted.slice(start, start + batchSize)
    const digests = batch.map((change) => digestIn(change, digestOf))
    const known = digests.every((digest) => typeof digest === 'string') ? digests : await Promise.all(digests)
    hasher.update(batch.map((change, index) => encode(change, change.path, known[index] ?? '')).join(''))
  }
  return hasher.digest()
}

/** The content id of one change alone, whatever its path is. */
export function changeId(change: Change, digestOf: DigestOf): Digest | Promise<Digest> {
  const digest = digestIn(change, digestOf)
  const idOf = (known: Digest | '') => sha256(isSaid(change) ? encode(change, rootPath, known) : '')
  return typeof digest === 'string' ? idOf(digest) : digest.then(idOf)
}

/** Files whose digests are asked for at once. */
const batchSize = 64

function isSaid(change: Change): boolean {
  return change.kind !== 'directory' || !change.implied || change.opaque === true
}

function digestIn(change: Change, digestOf: DigestOf): Digest | '' | Promise<Digest> {
  return change.kind === 'file' ? (change.digest ?? digestOf(change)) : ''
}

/** The number of fields, then each with its length before it: no two lists give the same text. */
function encode(change: Change, path: TreePath, digest: Digest | ''): string {
  const named = field(change.kind) + field(textOf(path))
  if (change.kind === 'whiteout') return `2;${named}`
  const { mode, uid, gid, xattrs } = change
  const owned = field(mode.toString(8)) + field(String(uid)) + field(String(gid))
  const particular = particularOf(change, digest)
  const count = (particular === undefined ? 5 : 6) + (xattrs ? 2 * xattrs.size : 0)
  return `${count};${named}${owned}${particular === undefined ? '' : field(particular)}${xattrs ? xattrFields(xattrs) : ''}`
}

function field(text: string): string {
  return `${text.length}:${text}`
}

function particularOf(change: Exclude<Change, { readonly kind: 'whiteout' }>, digest: string): string | undefined {
  switch (change.kind) {
    case 'file':
      return digest
    case 'directory':
      return change.opaque ? 'opaque' : ''
    case 'symlink':
    case 'hardlink':
      return textOf(change.target)
    case 'character':
    case 'block':
      return `${change.major}:${change.minor}`
    case 'fifo':
      return undefined
  }
}

function xattrFields(xattrs: ReadonlyMap<string, Uint8Array>): string {
  return [...xattrs]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => field(name) + field(Buffer.from(value).toString('hex')))
    .join('')
}

/** Names are bytes: those that are no text are written in hex, and say so. */
function textOf(name: string): string {
  return name.isWellFormed() ? `t${name}` : `x${nameBytes(name).toString('hex')}`
}
