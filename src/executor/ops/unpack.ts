import { open } from 'node:fs/promises'
import path from 'node:path'
import { TsbuildError } from '../../errors.ts'
import { defaultLimits, type Limits } from '../../limits.ts'
import {
  absolutePath,
  archiveLimits,
  baseName,
  compressionLimits,
  decompress,
  type Entry,
  type FileTree,
  type HardlinkEntry,
  joinPath,
  parentPath,
  readContent,
  readTar,
  resolvePath,
  rootPath,
  type SymlinkEntry,
  subtree,
  type TarMember,
  type TreeEditor,
  type TreePath,
} from '../../tree/index.ts'
import { type ChosenFile, makeDirectories, type Placement, resolveDestination } from './place.ts'

/**
 * ADD of an archive: when the chosen file is a tar by its content (plain or compressed), puts what is in it into `dest`, with
 * the owners and modes of the archive, or the owner of `--chown`. Nothing of it gets out of `dest`: `..` and symbolic links
 * stop there.
 * @param scratch an empty directory: keeps the bytes of the members until the layer is written
 * @returns false when the file is no archive, or an empty one: it is copied as it is then
 * @throws {TsbuildError} TSB_ARCHIVE_… for an archive that is damaged or hostile
 */
export async function unpackArchive(
  files: TreeEditor,
  { entry }: ChosenFile,
  dest: string,
  placement: Placement,
  scratch: string,
  limits: Limits = defaultLimits,
): Promise<boolean> {
  if (entry.kind !== 'file') return false
  const members = readTar(decompress(readContent(entry), compressionLimits(limits)), 'add', archiveLimits(limits))
  try {
    const first = await firstMember(members)
    if (!first) return false
    await unpackMembers(files, first, members, resolveDestination(files, dest), placement, scratch)
    return true
  } finally {
    await members.return()
  }
}

async function firstMember(members: AsyncGenerator<TarMember, void>): Promise<TarMember | undefined> {
  try {
    return (await members.next()).value ?? undefined
  } catch (error) {
    if (error instanceof TsbuildError && error.code.startsWith('TSB_ARCHIVE_')) return undefined
    throw error
  }
}

async function unpackMembers(
  files: TreeEditor,
  first: TarMember,
  rest: AsyncGenerator<TarMember, void>,
  root: TreePath,
  placement: Placement,
  scratch: string,
): Promise<void> {
  const implied = { mode: 0o755, uid: 0, gid: 0, mtime: placement.now }
  makeDirectories(files, root, { ...implied, ...placement.owner })
  const keeper = await openKeeper(path.join(scratch, 'contents'))
  try {
    for (let member: TarMember | undefined = first; member; member = (await rest.next()).value ?? undefined) {
      const { entry } = member
      if (entry.path === rootPath && entry.kind === 'directory') continue
      const at = placeInside(files, root, entry.path)
      if (entry.kind === 'opaque') emptyDirectory(files, at)
      else if (entry.kind === 'whiteout') files.remove(at)
      else {
        makeDirectories(files, parentPath(at), implied)
        const placed = { ...(await asEntry(member, keeper)), ...placement.owner, path: at }
        if (placed.kind === 'hardlink') linkTo(files, { ...placed, target: placeInside(files, root, placed.target) })
        else files.put(placed)
      }
    }
  } finally {
    await keeper.close()
  }
}

/** Where a member goes: links among its parents are followed as if `root` were `/`. */
function placeInside(files: FileTree, root: TreePath, member: TreePath): TreePath {
  if (member === rootPath) return root
  const inside = subtree(files, root)
  const parent = resolvePath(inside, parentPath(member), { followLast: true })
  if (parent.link && !resolvePath(inside, parent.link.path, { followLast: true }).entry) {
    throw danglingParent(member, parent.link)
  }
  return joinPath(joinPath(root, parent.path), baseName(member))
}

function danglingParent(member: TreePath, link: SymlinkEntry): TsbuildError {
  return new TsbuildError('TSB_ARCHIVE_PATH', `the archive member ${member}: no such file or directory`, {
    hint: `${link.path} is a link to ${link.target}, which does not exist in the destination`,
  })
}

async function asEntry({ entry, body }: TarMember, keeper: Keeper): Promise<Entry> {
  if (entry.kind === 'opaque' || entry.kind === 'whiteout') throw new Error(`${entry.kind} is no entry`)
  if (entry.kind !== 'file') return entry
  return { ...entry, content: { kind: 'host', path: keeper.path, offset: await keeper.keep(body) } }
}

/**
 * One more name. What its member says of mode, owner and time is true of all names. Only files keep a common inode: of a
 * link, fifo or device it makes another.
 */
function linkTo(files: TreeEditor, link: HardlinkEntry): void {
  const { mode, uid, gid, mtime } = link
  const entry = withoutLinks(files, link.target)
  if (!entry || entry.kind === 'directory' || entry.path === link.path) {
    const message = `the archive has a hard link to ${absolutePath(link.target)}, which is no file`
    throw new TsbuildError('TSB_ARCHIVE_LINK', message)
  }
  const shared = entry.kind === 'symlink' ? { ...entry, uid, gid } : { ...entry, mode, uid, gid, mtime }
  files.amend(shared)
  files.put(shared.kind === 'file' ? { ...link, target: shared.path } : { ...shared, path: link.path })
}

function withoutLinks(files: FileTree, path: TreePath): Entry | undefined {
  const entry = files.get(path)
  return entry?.kind === 'hardlink' ? withoutLinks(files, entry.target) : entry
}

function emptyDirectory(files: TreeEditor, directory: TreePath): void {
  for (const name of files.list(directory)) files.remove(joinPath(directory, name))
}

/** One file that takes the bytes of many. */
interface Keeper {
  readonly path: string
  /** Returns where the bytes begin. */
  keep(bytes: AsyncIterable<Uint8Array>): Promise<number>
  close(): Promise<void>
}

async function openKeeper(file: string): Promise<Keeper> {
  const handle = await open(file, 'a', 0o600)
  let end = (await handle.stat()).size
  return {
    path: file,
    async keep(bytes) {
      const start = end
      for await (const chunk of bytes) {
        await handle.write(chunk)
        end += chunk.length
      }
      return start
    },
    close: () => handle.close(),
  }
}
