import type { MkdirOp, OpOf } from '../../graph/index.ts'
import { editTree } from '../../tree/index.ts'
import type { OpExecutor } from './op-executor.ts'
import { ownerOf } from './owner.ts'
import { makeDirectories, resolveDestination } from './place.ts'

/** WORKDIR: the directory and what is missing above it, owned by the USER in force. An existing one stays as it is. */
export const mkdir: OpExecutor<OpOf<'mkdir'>> = {
  version: 'mkdir.v1',
  key: async (op, { inputs }) => ({
    components: { definition: definitionOf(op), parent: inputs.snapshot(op.onto).chain, inputs: [] },
  }),
  async run(op, { inputs, ports, signal, notice }) {
    const below = inputs.snapshot(op.onto)
    const owner = await ownerOf(op.owner, below, 'WORKDIR', notice)
    const files = editTree(await below.tree())
    const mtime = Math.floor(ports.now() / 1000)
    makeDirectories(files, resolveDestination(files, op.path), { mode: op.mode, ...owner, mtime })
    return ports.cache.layers.fromChanges(files.changes(), signal)
  },
}

function definitionOf({ kind, path, mode, owner }: MkdirOp) {
  return { kind, path, mode, owner }
}
