import type { LayerOp, OpOf } from '../../graph/index.ts'
import { copy } from './copy.ts'
import { mkdir } from './mkdir.ts'
import type { OpContext, OpExecutor, OpKey } from './op-executor.ts'
import { run } from './run.ts'

/** Every op that makes a layer, once: a new kind does not compile until it is listed here. */
const executors: { readonly [K in LayerOp['kind']]: OpExecutor<OpOf<K>> } = { copy, mkdir, run }

/** The executor of an op, bound to it. */
export function executorOf<K extends LayerOp['kind']>(op: OpOf<K>) {
  const executor: OpExecutor<OpOf<K>> = executors[op.kind as K]
  return {
    version: executor.version,
    quickKey: (context: OpContext) => executor.quickKey?.(op, context),
    key: (context: OpContext): Promise<OpKey> => executor.key(op, context),
    run: (context: OpContext) => executor.run(op, context),
  }
}
export type { OpContext } from './op-executor.ts'
