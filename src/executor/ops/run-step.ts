import { TsbuildError } from '../../errors.ts'
import type { RunOp } from '../../graph/index.ts'
import type { Layer } from '../../image/index.ts'
import type { OpContext } from './op-executor.ts'
import { type ReadyRun, withReadyRun } from './ready-run.ts'
import { runCommand } from './run-command.ts'
import { withRetries } from './tries.ts'

/** Runs the command of a RUN, and gives the layer of what it changed. Each try has files of its own. */
export async function runStep(op: RunOp, context: OpContext): Promise<Layer> {
  return await withRetries(context, (isEnd) =>
    withReadyRun(op, context.inputs.snapshot(op.onto).layers, context, async (ready) => {
      try {
        await runCommand(op, ready, context)
      } catch (error) {
        throw isEnd(error) ? await afterFailure(error, ready, context) : error
      }
      return await ready.rootfs.commit(context.layers)
    }),
  )
}

/** Lets who asked for it have what the command left. @returns the error, with what can be done now */
async function afterFailure(error: unknown, ready: ReadyRun, context: OpContext): Promise<unknown> {
  const { keepFailed } = context.ports
  if (!keepFailed || context.signal.aborted || !(error instanceof TsbuildError)) return error
  const { describeRun } = await import('./left-run.ts')
  const { rootfs } = ready
  const searched = context.ports.secrets.ids.length > 0
  const next = await keepFailed({
    run: await describeRun(ready, context),
    error,
    take: (folder) => rootfs.keep(folder, context.layers, searched),
  })
  if (next === undefined) return error
  const { code, message, hint, at, cause } = error
  return new TsbuildError(code, message, {
    at,
    cause,
    hint: hint === undefined ? next : `${hint}${/[?.!]$/.test(hint) ? '' : ';'} ${next}`,
  })
}
