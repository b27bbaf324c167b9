import { TsbuildError } from '../errors.ts'
import { limitHint, limitTable, shownBytes } from '../limits.ts'
import { absolutePath, type FileTree, readSmall, resolvePath, type TreePath, treePath } from '../tree/index.ts'

/** Numbers that a process or a file gets. */
export interface Owner {
  readonly uid: number
  readonly gid: number
}

/** Who a RUN runs as. */
export interface ProcessUser extends Owner {
  /** The primary group, and those that name the user as a member. */
  readonly groups: readonly number[]
  /** Of the first with this number, whatever its name; `/` when there is none. */
  readonly home: string
}

interface PasswdRow {
  readonly name: string
  readonly uid: number
  readonly gid: number
  readonly home: string
}

interface GroupRow {
  readonly name: string
  readonly gid: number
  readonly members: readonly string[]
}

/** Bytes that `/etc/passwd` and `/etc/group` of an image may have. */
const usualLimit = limitTable['account-bytes'].default
/** 2^32 - 2: the last number that Linux gives to a user. */
const largestId = 4_294_967_294

/**
 * The owner that `--chown=user[:group]` means in a tree. A number alone is also the group; a name alone brings its primary
 * group from `/etc/passwd`; a name that is in neither file is told to `unknown`, and 0 for a user, nothing for a group, as
 * BuildKit has it. Nothing after a colon is group 0.
 * @throws {TsbuildError} TSB_USER_RANGE for a number above 2^32 - 2, here or in a row of the image
 */
export async function resolveOwner(
  spec: string,
  tree: FileTree,
  unknown: (name: string) => void,
  limit = usualLimit,
): Promise<Owner> {
  const { user, group } = userAndGroup(spec)
  const account = await findAccount(user, tree, limit)
  if (!account && user !== '') unknown(user)
  const uid = account?.uid ?? 0
  if (group === undefined) return { uid, gid: account?.gid ?? 0 }
  if (group === '') return { uid, gid: 0 }
  const gid = parseId(group) ?? (await gidOf(group, tree, limit))
  if (gid === undefined) unknown(group)
  return { uid, gid: gid ?? account?.gid ?? 0 }
}

/** Cut at the first colon. */
function userAndGroup(spec: string): { readonly user: string; readonly group: string | undefined } {
  const at = spec.indexOf(':')
  return at < 0 ? { user: spec, group: undefined } : { user: spec.slice(0, at), group: spec.slice(at + 1) }
}

async function findAccount(user: string, tree: FileTree, limit: number): Promise<Owner | undefined> {
  const id = parseId(user)
  if (id !== undefined) return { uid: id, gid: id }
  const row = user === '' ? undefined : (await readPasswd(tree, limit)).find((one) => one.name === user)
  return row && { uid: checkId(row.uid), gid: checkId(row.gid) }
}

/**
 * The user, groups and home that `USER user[:group]` means for a process.
 * @throws {TsbuildError} TSB_UNKNOWN_USER, TSB_UNKNOWN_GROUP when a name is not in the image; TSB_USER_RANGE
 */
export async function resolveProcessUser(spec: string, tree: FileTree, limit = usualLimit): Promise<ProcessUser> {
  const { user, group } = userAndGroup(spec)
  const passwd = await readPasswd(tree, limit)
  const id = user === '' ? 0 : parseId(user)
  const row = passwd.find((candidate) => (id === undefined ? candidate.name === user : candidate.uid === id))
  if (!row && id === undefined) throw unknownUser(user)
  const uid = checkId(row?.uid ?? id ?? 0)
  const home = passwd.find((candidate) => candidate.uid === uid)?.home ?? '/'
  if (group !== undefined && group !== '') {
    const gid = await findGroup(group, tree, limit)
    return { uid, gid, groups: [gid], home }
  }
  const gid = checkId(row?.gid ?? 0)
  const groups = row ? (await readGroups(tree, limit)).filter((one) => one.members.includes(row.name)) : []
  return { uid, gid, groups: [...new Set([gid, ...groups.map((one) => checkId(one.gid))])], home }
}

async function findGroup(group: string, tree: FileTree, limit: number): Promise<number> {
  const gid = parseId(group) ?? (await gidOf(group, tree, limit))
  if (gid !== undefined) return gid
  throw new TsbuildError('TSB_UNKNOWN_GROUP', `unable to find group ${group}: no matching entries in group file`, {
    hint: 'make the group in an earlier RUN, or use its number',
  })
}

function unknownUser(user: string): TsbuildError {
  return new TsbuildError('TSB_UNKNOWN_USER', `unable to find user ${user}: no matching entries in passwd file`, {
    hint: 'make the user in an earlier RUN (useradd, adduser), or use its number',
  })
}

/** A decimal id; undefined for a name. */
function parseId(text: string): number | undefined {
  if (!/^[0-9]+$/.test(text)) return undefined
  return checkId(Number(text))
}

/** The same id, when there is such a one. Rows of an image that nobody asks for may say what they like. */
function checkId(id: number): number {
  if (id <= largestId) return id
  throw new TsbuildError('TSB_USER_RANGE', `user or group id ${id} is out of range`, {
    hint: `the largest id is ${largestId}`,
  })
}

async function gidOf(group: string, tree: FileTree, limit: number): Promise<number | undefined> {
  const row = (await readGroups(tree, limit)).find(({ name }) => name === group)
  return row && checkId(row.gid)
}

async function readPasswd(tree: FileTree, limit: number): Promise<readonly PasswdRow[]> {
  const rows = await readRows(tree, treePath('/etc/passwd'), limit)
  return rows.flatMap(([name = '', , uid = '', gid = '', , home = '']) =>
    /^\d+$/.test(uid) && /^\d+$/.test(gid) ? [{ name, uid: Number(uid), gid: Number(gid), home }] : [],
  )
}

async function readGroups(tree: FileTree, limit: number): Promise<readonly GroupRow[]> {
  const rows = await readRows(tree, treePath('/etc/group'), limit)
  return rows.flatMap(([name = '', , gid = '', members = '']) =>
    /^\d+$/.test(gid) ? [{ name, gid: Number(gid), members: members.split(',').filter((one) => one !== '') }] : [],
  )
}

/** The rows of an account file, split at colons; none when the image has no such file. */
async function readRows(tree: FileTree, path: TreePath, limit: number): Promise<readonly (readonly string[])[]> {
  const { entry } = resolvePath(tree, path, { followLast: true })
  if (!entry) return []
  if (entry.kind !== 'file' || entry.size > limit) {
    throw new TsbuildError(
      'TSB_ACCOUNT_FILE',
      `${absolutePath(path)} of the image is not a regular file of at most ${shownBytes(limit)}`,
      { hint: limitHint('account-bytes') },
    )
  }
  const text = new TextDecoder().decode(await readSmall(entry, limit))
  return text
    .split('\n')
    .filter((line) => line.trim() !== '' && !line.startsWith('#'))
    .map((line) => line.trim().split(':'))
}
