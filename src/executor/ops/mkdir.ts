import type { MkdirOp, OpOf } from '../../graph/index.ts'
import type { OpExecutor } from './op-executor.ts'

/** WORKDIR: the directory and what is missing above it, owned by the USER in force. An existing one stays as it is. */
export const mkdir: OpExecutor<OpOf<'mkdir'>> = {
  version: 'mkdir.v1',
  key: async (op, { inputs }) => ({
    components: { definition: definitionOf(op), parent: inputs.snapshot(op.onto).chain, inputs: [] },
  }),
  run: async (op, context) => (await import('./made-directory.ts')).makeDirectoryLayer(op, context),
}

function definitionOf({ kind, path, mode, owner }: MkdirOp) {
  return { kind, path, mode, owner }
}
