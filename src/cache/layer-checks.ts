import { basename } from 'node:path'
import { sha256Hasher } from '../digest/index.ts'
import { isSystemError, TsbuildError } from '../errors.ts'
import { type Blobs, setAside, type WholeBlobs } from '../store/index.ts'
import { fileBytes, type OverlayMarks } from '../tree/index.ts'
import type { LayerRecord } from './cache.ts'
import { isDirectory, isFile } from './exists.ts'
import type { IndexShelf } from './index-shelf.ts'
import type { Intact } from './intact.ts'

/** Looks whether forms of layers are there and still what they were: read only when somebody touched them. */
export interface LayerChecks {
  tar(path: string): Promise<boolean>
  directory(path: string, layer: LayerRecord): Promise<boolean>
  /** @throws {TsbuildError} TSB_DIGEST_MISMATCH for a blob with other bytes, which is put aside: an image may have it */
  blob(path: string): Promise<void>
}

export function layerChecks(indexes: IndexShelf, intact: Intact, marks: OverlayMarks): LayerChecks {
  return {
    tar: (path) => isWholeFile(path, intact),
    async directory(path, { diffId }) {
      const holds = async () => {
        const index = indexes.open(diffId)
        if (!index?.isWhole()) return false
        const { holdsLayer } = await import('./holds-layer.ts')
        return (await holdsLayer(path, marks, index, 'nothing else')) === undefined
      }
      return isDirectory(path) && intact.is(path, holds)
    },
    async blob(path) {
      if (await intact.is(path, () => hasDigestOfName(path))) return
      await setAside(path)
      throw new TsbuildError('TSB_DIGEST_MISMATCH', `the file of a layer has other bytes: ${path}`, {
        hint: 'it was put aside: build again; tsbuild doctor --fsck says which images had it',
      })
    },
  }
}

/** What `intact` knows of blobs. */
export function wholeBlobs(path: Blobs['path'], intact: Intact): WholeBlobs {
  return {
    is: (digest) => isWholeFile(path(digest), intact),
    note: (digest) => intact.note(path(digest)),
  }
}

async function isWholeFile(path: string, intact: Intact): Promise<boolean> {
  return isFile(path) && intact.is(path, () => hasDigestOfName(path))
}

/** For a file whose name is the digest of its bytes. */
async function hasDigestOfName(path: string): Promise<boolean> {
  const hasher = sha256Hasher()
  try {
    for await (const piece of fileBytes(path)) hasher.update(piece)
  } catch (error) {
    if (isSystemError(error, 'ENOENT', 'EISDIR', 'EIO')) return false
    throw error
  }
  return hasher.digest() === `sha256:${basename(path)}`
}
