import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { type Store, writing } from '../store/index.ts'
import { type ArchiveLimits, fileBytes, type OverlayMarks, unpackTar } from '../tree/index.ts'
import { sizeOf } from './exists.ts'
import type { LayerIndex } from './layer-index.ts'
import { makeIndex } from './make-index.ts'

export { isWholeImage, writeImage } from './layer-image.ts'
export { restoreBlob } from './restore-blob.ts'
export { unpackLayer } from './unpack-layer.ts'

/** What an uncompressed tar says. */
export function indexOf(tar: string, limits: ArchiveLimits): Promise<LayerIndex> {
  return makeIndex(fileBytes(tar), limits)
}

export interface UnpackForm {
  readonly marks: OverlayMarks
  readonly devices: 'make' | 'skip'
  readonly limits: ArchiveLimits
}

/** Writes the files of a tar into a fresh directory. */
export async function unpackedTree(store: Store, tar: string, form: UnpackForm): Promise<string> {
  const folder = join(await store.temporary('tree'), 'files')
  await writing(folder, sizeOf(tar) ?? 0, async () => {
    await mkdir(folder, { mode: 0o755 })
    await unpackTar(fileBytes(tar), folder, form)
  })
  return folder
}
