import type { Layer } from '../image/index.ts'
import { type Entry, type FileTree, overlay, type TreePath } from '../tree/index.ts'

/**
 * The files of some layers, lowest first. Of many, the lower ones are merged once for all steps on them: otherwise each step
 * would look for each file in a hundred layers again.
 * @param linkSteps links that are followed on the way to one of them
 */
export async function mergedTree(layers: readonly Layer[], linkSteps?: number): Promise<FileTree> {
  const shared = Math.floor(Math.max(0, layers.length - 1) / groupSize) * groupSize
  const above = await Promise.all(layers.slice(shared).map((layer) => layer.tree('part')))
  const below = shared === 0 ? [] : [await sharedTree(layers.slice(0, shared))]
  return { ...overlay([...below, ...above]), linkSteps }
}

/** At most so many layers are looked at beside those that are merged already. */
const groupSize = 16

interface Shared {
  readonly layers: readonly Layer[]
  readonly tree: Promise<FileTree>
}

/** By their topmost layer. */
const known = new WeakMap<Layer, Shared>()

function sharedTree(layers: readonly Layer[]): Promise<FileTree> {
  const top = layers.at(-1)
  const found = top && known.get(top)
  if (found?.layers.every((layer, depth) => layer === layers[depth])) return found.tree
  const tree = merge(layers)
  if (top) {
    known.set(top, { layers, tree })
    tree.catch(() => known.delete(top))
  }
  return tree
}

async function merge(layers: readonly Layer[]): Promise<FileTree> {
  return remembering(overlay(await Promise.all(layers.map((layer) => layer.tree('part')))))
}

/** Most steps look for the same few files. */
function remembering(tree: FileTree): FileTree {
  const entries = new Map<TreePath, Entry | undefined>()
  return {
    ...tree,
    get(path) {
      const seen = entries.get(path)
      if (seen || entries.has(path)) return seen
      const entry = tree.get(path)
      if (entries.size < mostEntries) entries.set(path, entry)
      return entry
    },
  }
}

const mostEntries = 5000
