import { absolutePath, type Change, decodeName, type FileEntry, rootPath, type TreePath } from '../tree/index.ts'
import { type ByteSearch, openByteSearch, type Wanted } from './byte-search.ts'

/** What is not to be in a layer that is made, and who is told when it is. */
export interface LayerWatch {
  readonly wanted: () => Promise<readonly Wanted[]>
  /** Called before the layer is kept: it is not, when this throws. */
  readonly found: (finds: readonly Find[]) => void
}

/** Something that was looked for, and is there. */
export interface Find {
  readonly name: string
  /** The file that has it, or what has it in its name, in the target of a link, or in an attribute. */
  readonly path: string
}

/** A file of a layer: where its bytes are in the tar. */
export interface PlacedFile {
  readonly path: TreePath
  readonly offset: number
  readonly size: number
}

/** What a layer says, as far as it can be seen without the bytes of files. */
type Named = Exclude<Change, FileEntry> | Pick<FileEntry, 'kind' | 'path'>

/** Looks for byte strings in what a layer has: bytes of files, names, targets of links, attributes. */
export interface LayerSearch extends Pick<ByteSearch, 'push'> {
  /** When all of the tar was pushed. */
  finds(changes: Iterable<Named>, files: () => Iterable<PlacedFile>): readonly Find[]
}

export function openLayerSearch(wanted: readonly Wanted[]): LayerSearch {
  const search = openByteSearch(wanted)
  return {
    push: search.push,
    /** A long name may be in pieces in the tar, so names are looked through themselves. */
    finds(changes, files) {
      const named = namesWith(changes, wanted)
      const inFiles = search.found.size === 0 ? [] : [...files()]
      return wanted.flatMap(({ name }): readonly Find[] => {
        const position = search.found.get(name)
        const path = named.get(name) ?? (position === undefined ? undefined : pathAt(position, inFiles))
        return path === undefined ? [] : [{ name, path }]
      })
    },
  }
}

/** For each that is part of a name or of the target of a link: the path of the first that has it. */
function namesWith(changes: Iterable<Named>, wanted: readonly Wanted[]): ReadonlyMap<string, string> {
  const texts = wanted.map(({ name, forms }) => ({ name, forms: forms.map(decodeName) }))
  const found = new Map<string, string>()
  for (const change of changes) {
    const shown = change.kind === 'symlink' ? `${change.path}\n${change.target}` : change.path
    for (const { name, forms } of texts) {
      if (!found.has(name) && forms.some((form) => shown.includes(form))) found.set(name, absolutePath(change.path))
    }
  }
  return found
}

/** What is not in the bytes of a file is in the header before the first that comes after it. */
function pathAt(position: number, files: readonly PlacedFile[]): string {
  const at = files.find(({ offset, size }) => position < offset + size)
  return absolutePath(at ? at.path : rootPath)
}
