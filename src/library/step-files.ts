import type { Layer } from '../image/index.ts'
import {
  type Entry,
  type FileTree,
  fileOfLink,
  movedPath,
  overlay,
  parentPath,
  resolvePath,
  rootPath,
  type TreePath,
  treeOfEntries,
  treePath,
  walkApart,
} from '../tree/index.ts'
import type { Place } from './enter.ts'
import type { Session } from './session.ts'

/** All files of a place, of its layers lowest first. */
export async function treeOfPlace(place: Place, session: Session): Promise<FileTree> {
  const layers = layersOfPlace(place, session)
  return {
    ...overlay(await Promise.all(layers.map((layer) => layer.tree('part')))),
    linkSteps: session.limits['link-steps'],
  }
}

export function layersOfPlace({ run, above }: Place, { cache }: Session): readonly Layer[] {
  const below = run.inputs[run.op.onto]?.layers ?? []
  return [...below.map((record) => cache.layers.fromRecord(record)), ...above]
}

/** What is at a path, by itself: the files of a directory, or a file by its name. Links on the way are followed. */
export function filesAt(tree: FileTree, path: string): FileTree | undefined {
  const { entry } = resolvePath(tree, treePath(path), { followLast: true })
  if (!entry) return undefined
  const isFolder = entry.kind === 'directory'
  const root = isFolder ? entry.path : parentPath(entry.path)
  const place = (path: TreePath) => movedPath(path, root, rootPath)
  const found = isFolder ? [entry, ...walkApart(tree, entry.path)] : [apart(tree, entry)]
  return treeOfEntries(
    found.map(
      (each): Entry => ({
        ...each,
        path: place(each.path),
        ...(each.kind === 'hardlink' && { target: place(each.target) }),
      }),
    ),
  )
}

function apart(tree: FileTree, entry: Entry): Entry {
  return entry.kind === 'hardlink' ? fileOfLink(tree, entry) : entry
}
