import { type Digest, sha256, sha256Hasher } from '../digest/index.ts'
import type { Change, FileEntry } from './entry.ts'
import { nameBytes } from './names.ts'
import { comparePaths, inOrder } from './order.ts'
import type { TreePath } from './path.ts'

/** Gives the digest of a file's bytes: from the stat index, or by reading it. */
export type DigestOf = (file: FileEntry) => Digest | Promise<Digest>

/**
 * One digest for what these changes say: sha256 over the entries in path order, each with kind, path, mode, owner, link
 * target, device, extended attributes and the digest of its bytes. Not times. Directories that are only implied do not count. The order
 * in which the changes come does not matter.
 */
export async function contentId(changes: Iterable<Change>, digestOf: DigestOf): Promise<Digest> {
  return addUp(changes, digestOf, () => {})
}

/** A content id, and what it is made of. */
export interface ContentList {
  readonly id: Digest
  /** In the order of the paths: each, and a short text that is the same when what counts there is. Made when it is asked for. */
  texts(): Iterable<readonly [TreePath, string]>
}

/** What these changes say as one digest (`contentId`) and one by one. */
export async function contentOf(changes: Iterable<Change>, digestOf: DigestOf): Promise<ContentList> {
  const counted: Change[] = []
  const digests: (Digest | '')[] = []
  const id = await addUp(changes, digestOf, (change, digest) => {
    counted.push(change)
    digests.push(digest)
  })
  return {
    id,
    *texts() {
      for (const [at, change] of counted.entries()) yield [change.path, brief(change, digests[at] ?? '')]
    },
  }
}

function brief(change: Change, digest: Digest | ''): string {
  // Joined, it does not hold on to what it was made of.
  const text = [change.kind, fieldsOf(change, digest)].join(' ')
  return text.length > longestText ? sha256(text) : text
}

/** More than what counts of a file without extended attributes. */
const longestText = 120

/** What of the text of a change can be told to people; undefined for what has no mode, or a text that was too long. */
export function tellContent(
  text: string,
): { readonly mode: string; readonly owner: string /** All else that counts. */; readonly rest: string } | undefined {
  const [kind = ''] = /^[a-z]+ /.exec(text) ?? []
  const [mode, afterMode] = firstField(text.slice(kind.length))
  const [user, afterUser] = firstField(afterMode)
  const [group, rest] = firstField(afterUser)
  if (kind === '' || mode === undefined || user === undefined || group === undefined) return undefined
  return { mode: mode.padStart(4, '0'), owner: `${user}:${group}`, rest: kind + rest }
}

function firstField(text: string): readonly [field: string | undefined, rest: string] {
  const [head = '', length = ''] = /^(\d{1,6}):/.exec(text) ?? []
  const end = head.length + Number(length)
  return head === '' || text.length < end ? [undefined, text] : [text.slice(head.length, end), text.slice(end)]
}

async function addUp(
  changes: Iterable<Change>,
  digestOf: DigestOf,
  note: (change: Change, digest: Digest | '') => void,
): Promise<Digest> {
  const sorted = inOrder([...changes].filter(isSaid), (a, b) => comparePaths(a.path, b.path))
  const hasher = sha256Hasher()
  for (let start = 0; start < sorted.length; start += batchSize) {
    const batch = sorted.slice(start, start + batchSize)
    const digests = batch.map((change) => digestIn(change, digestOf))
    const known = digests.every((digest) => typeof digest === 'string') ? digests : await Promise.all(digests)
    let text = ''
    batch.forEach((change, index) => {
      const digest = known[index] ?? ''
      text += `${countOf(change)};${field(change.kind)}${field(textOf(change.path))}${fieldsOf(change, digest)}`
      note(change, digest)
    })
    hasher.update(text)
  }
  return hasher.digest()
}

/** Files whose digests are asked for at once. */
const batchSize = 64

function isSaid(change: Change): boolean {
  return change.kind !== 'directory' || !change.implied || change.opaque === true
}

function digestIn(change: Change, digestOf: DigestOf): Digest | '' | Promise<Digest> {
  return change.kind === 'file' ? (change.digest ?? digestOf(change)) : ''
}

/*
 * A change is written as the number of its fields, then each with its length before it: no two lists give the same text.
 * First comes its kind, then its path, then what `fieldsOf` gives.
 */

function countOf(change: Change): number {
  if (change.kind === 'whiteout') return 2
  return (change.kind === 'fifo' ? 5 : 6) + (change.xattrs ? 2 * change.xattrs.size : 0)
}

function fieldsOf(change: Change, digest: Digest | ''): string {
  if (change.kind === 'whiteout') return ''
  const { mode, uid, gid, xattrs } = change
  const particular = particularOf(change, digest)
  const owned = `${field(mode.toString(8))}${field(String(uid))}${field(String(gid))}`
  return `${owned}${particular === undefined ? '' : field(particular)}${xattrs ? xattrFields(xattrs) : ''}`
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
