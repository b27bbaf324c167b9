import type { Digest } from '../digest/index.ts'
import { isSystemError, TsbuildError } from '../errors.ts'
import { absolutePath, type Change, digestOfContent, type OverlayMarks, treeOfUpper } from '../tree/index.ts'
import type { IndexedChange, LayerIndex } from './layer-index.ts'

/**
 * Reads the directory of a layer and holds it against what the layer says. Device nodes may be missing, and there may be more
 * than the layer says: what a step copied up and left as it was.
 * @param read told how many bytes of a file were read
 * @returns what is wrong; undefined when nothing is
 */
export async function holdsLayer(
  directory: string,
  marks: OverlayMarks,
  { changes }: LayerIndex,
  signal: AbortSignal,
  read: (bytes: number) => void = () => {},
): Promise<string | undefined> {
  try {
    const tree = treeOfUpper(directory, marks)
    const digests = new Map<string, Digest>()
    for (const change of changes) {
      signal.throwIfAborted()
      const found = tree.get(change.path)
      if (!(await isSame(change, found, digests, read))) return `${absolutePath(change.path)} is another one`
    }
    return undefined
  } catch (error) {
    // It is being removed, or a file of it cannot be read.
    if (error instanceof TsbuildError || isSystemError(error, 'ENOENT', 'EIO', 'ENOTDIR')) return error.message
    throw error
  }
}

async function isSame(
  said: IndexedChange,
  found: Change | undefined,
  digests: Map<string, Digest>,
  read: (bytes: number) => void,
): Promise<boolean> {
  if (said.kind === 'character' || said.kind === 'block') return found === undefined || found.kind === said.kind
  if (!found || found.kind !== (said.kind === 'hardlink' ? 'file' : said.kind)) return false
  if (found.kind === 'whiteout' || said.kind === 'whiteout') return true
  if (found.mode !== said.mode || found.uid !== said.uid || found.gid !== said.gid) return false
  if (found.kind === 'symlink') return said.kind === 'symlink' && found.target === said.target
  if (found.kind === 'directory') return said.kind === 'directory' && (found.opaque ?? false) === (said.opaque ?? false)
  if (found.kind !== 'file') return true
  if (said.kind === 'file' && said.size !== found.size) return false
  const digest = await digestOfContent(found)
  read(found.size)
  digests.set(said.path, digest)
  return (
    digest === (said.kind === 'file' ? said.digest : said.kind === 'hardlink' ? digests.get(said.target) : undefined)
  )
}
