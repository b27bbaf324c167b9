import type { KeyComponents } from '../../cache/index.ts'
import type { LayerOp, Op } from '../../graph/index.ts'
import type { Layer } from '../../image/index.ts'
import { copy } from './copy.ts'
import { mkdir } from './mkdir.ts'
import type { OpContext, OpExecutor, OpKey } from './op-executor.ts'
import { run } from './run.ts'

/** An op with its key and its work. */
export interface BoundExecutor {
  readonly version: string
  quickKey(context: OpContext): KeyComponents | undefined
  key(context: OpContext): Promise<OpKey>
  run(context: OpContext): Promise<Layer>
}

/** Every op that makes a layer, once: a new kind does not compile until it is listed here. */
export function executorOf(op: LayerOp): BoundExecutor {
  switch (op.kind) {
    case 'copy':
      return bind(copy, op)
    case 'mkdir':
      return bind(mkdir, op)
    case 'run':
      return bind(run, op)
  }
}

/** Whether a command is run for an op, for which a sandbox can be made ready. */
export function runsCommand(op: Op): boolean {
  return op.kind === 'run'
}

function bind<O extends LayerOp>(executor: OpExecutor<O>, op: O): BoundExecutor {
  return {
    version: executor.version,
    quickKey: (context) => executor.quickKey?.(op, context),
    key: (context) => executor.key(op, context),
    run: (context) => executor.run(op, context),
  }
}

export type { OpContext, OpKey } from './op-executor.ts'
