import path from 'node:path'
import type { Layers } from '../cache/index.ts'
import { sha256 } from '../digest/index.ts'
import { leftUpper } from '../executor/index.ts'
import type { Layer } from '../image/index.ts'
import { type OverlayMarks, treeOfUpper } from '../tree/index.ts'
import { placeOf } from './find.ts'
import type { KeptRun } from './kept-run.ts'

/** What a command left, as a layer to look at and to run on. It cannot leave the store. */
export function keptLayer({ id, files }: KeptRun, root: string, marks: OverlayMarks, layers: Layers): Layer {
  if (files.kind === 'layer') return layers.fromRecord(files.layer)
  const upper = upperOf(root, id)
  const name = sha256(`kept ${id}`)
  const tree = treeOfUpper(upper, marks)
  const inside = (): never => {
    throw new Error('what is kept has no blob')
  }
  return {
    contentId: async () => name,
    diffId: async () => name,
    descriptor: inside,
    blob: inside,
    tree: async () => tree,
    directory: async () => upper,
    lower: async () => ({ kind: 'directory', path: upper }),
  }
}

export function upperOf(root: string, id: string): string {
  return path.join(placeOf(root, id), leftUpper)
}
