import {
  absolutePath,
  baseName,
  type Entry,
  type FileEntry,
  fileOfLink,
  isWithin,
  joinPath,
  parentPath,
  readContent,
  resolvePath,
  type TreePath,
  treePath,
} from '../../tree/index.ts'
import type { Clue } from './clue.ts'

/** A path that the command wrote, from where it ran. */
export function pathIn({ cwd }: Clue, written: string): TreePath {
  return written.startsWith('/') ? treePath(written) : joinPath(cwd, written)
}

/** What is at a path, with links followed. */
export function entryAt({ files }: Clue, path: TreePath): Entry | undefined {
  return resolvePath(files, path, { followLast: true }).entry
}

/** True for what is not of the image: nothing can be said of it. */
export function isMounted({ op }: Clue, path: TreePath): boolean {
  const places = [...op.mounts.flatMap((mount) => ('target' in mount ? [mount.target] : [])), 'proc', 'sys', 'dev']
  return [...places, ...op.scripts.map((script) => script.path)].some((place) =>
    isWithin(treePath(String(place)), path),
  )
}

/** A file of the image, and undefined for all else. */
export function fileAt(clue: Clue, path: TreePath): FileEntry | undefined {
  const entry = entryAt(clue, path)
  const file = entry?.kind === 'hardlink' ? fileOfLink(clue.files, entry) : entry
  return file?.kind === 'file' ? file : undefined
}

/** The first bytes of a file, up to some kilobytes and more. */
export async function headOf(file: FileEntry): Promise<Buffer> {
  for await (const bytes of readContent(file)) return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
  return Buffer.alloc(0)
}

/** The folders of PATH, in their order. */
export function programFolders({ env }: Clue): readonly TreePath[] {
  const folders = (env.get('PATH') ?? '').split(':').filter((folder) => folder.startsWith('/'))
  return [...new Set(folders.map(treePath))]
}

/** Where a program of this name is, of the folders of PATH. */
export function programAt(clue: Clue, name: string): TreePath | undefined {
  return programFolders(clue)
    .map((folder) => joinPath(folder, name))
    .find((path) => fileAt(clue, path))
}

/** The names of all programs in the folders of PATH. */
export function programsOf(clue: Clue): ReadonlySet<string> {
  return new Set(programFolders(clue).flatMap((folder) => clue.files.list(realFolder(clue, folder))))
}

/** Folders outside of PATH that programs are put into. */
const elsewhere = [
  'usr/local/bin',
  'usr/local/sbin',
  'usr/sbin',
  'sbin',
  'usr/bin',
  'bin',
  'root/.local/bin',
  'root/.cargo/bin',
]
const elsewhereBelow = ['usr/local', 'opt', 'usr/lib']

/** Where a program of this name is that PATH does not lead to. */
export function programOutsidePath(clue: Clue, name: string): TreePath | undefined {
  const below = elsewhereBelow.flatMap((folder) =>
    clue.files.list(treePath(folder)).map((each) => `${folder}/${each}/bin`),
  )
  return [...elsewhere, ...below].map((folder) => treePath(`${folder}/${name}`)).find((path) => fileAt(clue, path))
}

function realFolder(clue: Clue, folder: TreePath): TreePath {
  const { entry } = resolvePath(clue.files, folder, { followLast: true })
  return entry?.path ?? folder
}

/** The names beside a path. */
export function namesBeside(clue: Clue, path: TreePath): readonly string[] {
  return clue.files.list(realFolder(clue, parentPath(path)))
}

/** A path as it is shown, with its name alone where it lies in the working directory. */
export function shownPath({ cwd }: Clue, path: TreePath): string {
  return parentPath(path) === cwd && cwd !== '' ? `${baseName(path)} (in /${cwd})` : absolutePath(path)
}
