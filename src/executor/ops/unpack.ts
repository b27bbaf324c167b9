import { open } from 'node:fs/promises'
import path from 'node:path'
import { TsbuildError } from '../../errors.ts'
import {
  absolutePath,
  baseName,
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
): Promise<boolean> {
  if (entry.kind !== 'file') return false
  const members = readTar(decompress(readContent(entry)), 'add')
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
  const made = { mode: 0o755, uid: 0, gid: 0, ...placement.owner, mtime: placement.now }
  makeDirectories(files, root, made)
  const keeper = await openKeeper(path.join(scratch, 'contents'))
  try {
    for (let member: TarMember | undefined = first; member; member = (await rest.next()).value ?? undefined) {
      const { entry } = member
      if (entry.path === rootPath && entry.kind === 'directory') continue
      const at = placeInside(files, root, entry.path)
      if (entry.kind === 'opaque') emptyDirectory(files, at)
      else if (entry.kind === 'whiteout') files.remove(at)
      else {
        makeDirectories(files, parentPath(at), made)
        const placed = { ...(await asEntry(member, root, keeper)), ...placement.owner, path: at }
        if (placed.kind === 'hardlink') shareMetadata(files, placed)
        files.put(placed)
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

async function asEntry({ entry, body }: TarMember, root: TreePath, keeper: Keeper): Promise<Entry> {
  if (entry.kind === 'opaque' || entry.kind === 'whiteout') throw new Error(`${entry.kind} is no entry`)
  if (entry.kind === 'hardlink') return { ...entry, target: joinPath(root, entry.target) }
  if (entry.kind === 'symlink') return { ...entry, mode: 0o777 }
  if (entry.kind !== 'file') return entry
  return { ...entry, content: { kind: 'host', path: keeper.path, offset: await keeper.keep(body) } }
}

/** What the member of a hard link says of mode, owner and time is true of the file it leads to as well. */
function shareMetadata(files: TreeEditor, { target, mode, uid, gid, mtime }: HardlinkEntry): void {
  const file = files.get(target)
  if (file?.kind !== 'file') {
    throw new TsbuildError(
      'TSB_ARCHIVE_LINK',
      `the archive has a hard link to ${absolutePath(target)}, which is no file`,
    )
  }
  files.put({ ...file, mode, uid, gid, mtime })
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
