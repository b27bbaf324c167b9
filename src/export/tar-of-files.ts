import {
  type Change,
  type Content,
  parentPath,
  rootPath,
  type TreePath,
  tarOrder,
  treePath,
  writeTar,
} from '../tree/index.ts'
import type { LayoutFile } from './layout.ts'

const plain = { uid: 0, gid: 0, mtime: 0 } as const

/** A tar of files by their names: the same files give the same bytes. */
export function tarOfFiles(files: ReadonlyMap<string, LayoutFile>): AsyncIterable<Uint8Array> {
  const paths = [...files.keys()].map(treePath)
  const directories = new Set(paths.flatMap(ancestors))
  const changes: Change[] = [...directories].map((path) => ({ kind: 'directory', path, mode: 0o755, ...plain }))
  for (const [name, file] of files) {
    changes.push({
      kind: 'file',
      path: treePath(name),
      mode: 0o644,
      ...plain,
      size: sizeOf(file),
      content: contentOf(file),
    })
  }
  return writeTar(tarOrder(changes))
}

function ancestors(path: TreePath): readonly TreePath[] {
  const found: TreePath[] = []
  for (let at = parentPath(path); at !== rootPath; at = parentPath(at)) found.push(at)
  return found
}

function sizeOf(file: LayoutFile): number {
  return 'bytes' in file ? file.bytes.length : file.size
}

function contentOf(file: LayoutFile): Content {
  return 'bytes' in file ? { kind: 'bytes', bytes: file.bytes } : { kind: 'host', path: file.file, offset: 0 }
}
