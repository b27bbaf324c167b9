import type { MkdirOp } from '../../graph/index.ts'
import type { Layer } from '../../image/index.ts'
import { editTree } from '../../tree/index.ts'
import type { OpContext } from './op-executor.ts'
import { ownerOf } from './owner.ts'
import { makeDirectories, resolveDestination } from './place.ts'

/** The layer of a WORKDIR: what was missing of the way to it. */
export async function makeDirectoryLayer(
  op: MkdirOp,
  { inputs, layers, ports, signal, notice }: OpContext,
): Promise<Layer> {
  const below = inputs.snapshot(op.onto)
  const owner = await ownerOf(op.owner, below, 'WORKDIR', notice, ports.limits)
  const files = editTree(await below.tree())
  const mtime = Math.floor(ports.now() / 1000)
  makeDirectories(files, resolveDestination(files, op.path), { mode: op.mode, ...owner, mtime })
  return layers.fromChanges(files.changes(), signal)
}
