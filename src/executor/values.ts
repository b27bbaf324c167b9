import { chainOf, emptyChain } from '../cache/index.ts'
import type { Digest } from '../digest/index.ts'
import type { OpId } from '../graph/index.ts'
import type { Layer } from '../image/index.ts'
import type { FileTree } from '../tree/index.ts'
import { mergedTree } from './merged-tree.ts'
import type { ContextFiles } from './ports.ts'

/** A stack of layers with what names it, and its merged files, which are looked up on first use. */
export interface SnapshotValue {
  readonly kind: 'snapshot'
  readonly layers: readonly Layer[]
  /** Built from the content ids of the layers, bottom up: equal chains, equal files. */
  readonly chain: Digest
  /** Links that are followed on the way to one of its files; undefined: as many as by default. */
  readonly linkSteps: number | undefined
  tree(): Promise<FileTree>
}

export interface ContextValue {
  readonly kind: 'context'
  readonly name: string
  readonly files: ContextFiles
}

/** The files of a context, whose links are followed as far as the limit says. */
export function contextValue(name: string, files: ContextFiles, linkSteps: number | undefined): ContextValue {
  const tree = { ...files.tree, linkSteps }
  const early = () => {
    const found = files.early?.()
    return found && contextValue(name, found, linkSteps).files
  }
  return { kind: 'context', name, files: { ...files, tree, early } }
}

/** With contexts as they were read ahead, where any still are. */
export function earlyInputs(inputs: Inputs, sources: readonly OpId[]): Inputs | undefined {
  const values = new Map<OpId, OpValue>()
  for (const id of sources) {
    const value = inputs.value(id)
    const files = value.kind === 'context' ? value.files.early?.() : undefined
    if (value.kind === 'context' && files) values.set(id, { ...value, files })
  }
  return values.size === 0 ? undefined : { ...inputs, value: (id) => values.get(id) ?? inputs.value(id) }
}

/** The files of a URL or a commit. */
export interface RemoteValue {
  readonly kind: 'remote'
  readonly tree: FileTree
}

/** What an op gives to those that read it. */
export type OpValue = SnapshotValue | ContextValue | RemoteValue

/** The results of the ops that an op reads. */
export interface Inputs {
  snapshot(id: OpId): SnapshotValue
  value(id: OpId): OpValue
}

/** No layers. */
export function emptySnapshot(linkSteps: number | undefined): SnapshotValue {
  return snapshotOf([], emptyChain, linkSteps)
}

/** The layers of an image that exists already. */
export async function snapshotOfLayers(
  layers: readonly Layer[],
  linkSteps: number | undefined,
): Promise<SnapshotValue> {
  let chain = emptyChain
  for (const layer of layers) chain = chainOf(chain, await layer.contentId())
  return snapshotOf(layers, chain, linkSteps)
}

/** One more layer on a snapshot. */
export async function stack(below: SnapshotValue, layer: Layer): Promise<SnapshotValue> {
  return snapshotOf([...below.layers, layer], chainOf(below.chain, await layer.contentId()), below.linkSteps)
}

/** The files of any kind of value. */
export async function filesOf(value: OpValue): Promise<FileTree> {
  switch (value.kind) {
    case 'context':
      return value.files.tree
    case 'remote':
      return value.tree
    case 'snapshot':
      return value.tree()
  }
}

function snapshotOf(layers: readonly Layer[], chain: Digest, linkSteps: number | undefined): SnapshotValue {
  let merged: Promise<FileTree> | undefined
  return {
    kind: 'snapshot',
    layers,
    chain,
    linkSteps,
    tree() {
      merged ??= mergedTree(layers, linkSteps)
      return merged
    },
  }
}
