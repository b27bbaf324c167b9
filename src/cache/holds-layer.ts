import type { Digest } from '../digest/index.ts'
import { isSystemError, TsbuildError } from '../errors.ts'
import {
  absolutePath,
  type Change,
  digestOfContent,
  type OverlayMarks,
  type Tree,
  type TreePath,
  treeOfUpper,
  walk,
} from '../tree/index.ts'
import type { StoredIndex } from './index-shelf.ts'
import type { IndexedChange } from './layer-index.ts'

/**
 * Reads the directory of a layer and holds it against what the layer says. Device nodes may be missing.
 * @param others whether there may be more than the layer says, such as what a step copied up and left as it was
 * @param reading counts the bytes that are read
 * @returns what is wrong; undefined when nothing is
 */
export async function holdsLayer(
  directory: string,
  marks: OverlayMarks,
  index: StoredIndex,
  others: 'more' | 'nothing else',
  reading: { readonly signal?: AbortSignal; bytes: number } = { bytes: 0 },
): Promise<string | undefined> {
  try {
    const tree = treeOfUpper(directory, marks)
    const digests = new Map<TreePath, Digest>()
    for (const change of index.changes) {
      reading.signal?.throwIfAborted()
      if (!(await isSame(change, tree.get(change.path), digests, reading)))
        return `${absolutePath(change.path)} is another one`
    }
    const stranger = others === 'more' ? undefined : strangerIn(tree, index)
    return stranger && `${absolutePath(stranger)} is nothing of it`
  } catch (error) {
    // It is being removed, or a file of it cannot be read.
    if (error instanceof TsbuildError || isSystemError(error, 'ENOENT', 'EIO', 'ENOTDIR')) return error.message
    throw error
  }
}

function strangerIn(tree: Tree, index: StoredIndex): TreePath | undefined {
  const said = index.tree(() => ({ kind: 'bytes', bytes: new Uint8Array() }))
  for (const { path } of walk(tree)) if (!said.get(path)) return path
  return undefined
}

async function isSame(
  said: IndexedChange,
  found: Change | undefined,
  digests: Map<TreePath, Digest>,
  reading: { bytes: number },
): Promise<boolean> {
  if (said.kind === 'character' || said.kind === 'block') return found === undefined || found.kind === said.kind
  if (!found || found.kind !== (said.kind === 'hardlink' ? 'file' : said.kind)) return false
  if (found.kind === 'whiteout' || said.kind === 'whiteout') return true
  if (found.mode !== said.mode || found.uid !== said.uid || found.gid !== said.gid) return false
  if (found.kind === 'symlink') return said.kind === 'symlink' && found.target === said.target
  if (found.kind === 'directory') return said.kind === 'directory' && found.opaque === said.opaque
  if (found.kind !== 'file') return true
  if (said.kind === 'file' && said.size !== found.size) return false
  const digest = await digestOfContent(found)
  reading.bytes += found.size
  digests.set(said.path, digest)
  return digest === (said.kind === 'hardlink' ? digests.get(said.target) : said.kind === 'file' && said.digest)
}
