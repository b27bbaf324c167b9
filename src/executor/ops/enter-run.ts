import type { RunOp } from '../../graph/index.ts'
import type { Layer } from '../../image/index.ts'
import { maskSecrets, type PreparedMount } from '../mounts/index.ts'
import type { ExecutorPorts } from '../ports.ts'
import type { LeftFiles } from '../rootfs/index.ts'
import type { SandboxOutput, SandboxResult, StepInput } from '../sandbox/index.ts'
import type { Inputs } from '../values.ts'
import { type LeftRun, leftInputs } from './left-run.ts'
import type { OpContext } from './op-executor.ts'
import { type ReadyRun, withReadyRun } from './ready-run.ts'
import { commandSpec } from './run-command.ts'

/** How a command is run where a RUN ran, or in an image. */
export interface Entering {
  /** What is above the files that the RUN began with: what it left, say. */
  readonly above?: readonly Layer[]
  readonly input?: StepInput
  readonly output: SandboxOutput
  /** Directories and files of this machine that the caller lends. */
  readonly binds?: readonly HostBind[]
  /** Called when the command has ended, with what takes away what it changed, and how it ended. */
  readonly after?: (take: (folder: string) => Promise<LeftFiles>, result: SandboxResult) => Promise<void>
}

/** Without a source it is an empty file system in memory. */
export interface HostBind {
  /** Absolute, without symbolic links. */
  readonly source?: string
  readonly target: string
  readonly kind: 'directory' | 'file'
  readonly readOnly: boolean
}

/** Runs the command of `run.op` as a RUN is run; what it changes goes with it, unless `after` takes it. */
export async function enterRun(run: LeftRun, ports: ExecutorPorts, entering: Entering): Promise<SandboxResult> {
  const { above = [], input, output, binds = [], after } = entering
  const inputs = await leftInputs(run, ports.cache.layers, ports.limits?.['link-steps'])
  const context = contextOf(run, inputs, ports, output)
  const enter = async (ready: ReadyRun) => {
    const spec = await commandSpec(run.op, ready, context)
    const masked = await maskSecrets(context)
    const result = await ready.sandbox
      .run({ ...spec, ...(input && { input }) }, masked.output, ports.signal)
      .finally(masked.end)
    // These layers search for nothing. Who takes what a command changed lends it no secrets.
    await after?.((folder) => ready.rootfs.keep(folder, context.layers, false), result)
    return result
  }
  const layers = [...inputs.snapshot(run.op.onto).layers, ...above]
  return await withReadyRun(run.op, layers, context, enter, binds.map(preparedBind))
}

function contextOf(
  { op, label, emulates, unkeyed }: LeftRun,
  inputs: Inputs,
  ports: ExecutorPorts,
  output: SandboxOutput,
) {
  const node: OpContext['node'] & { readonly op: RunOp } = {
    id: op.onto,
    op,
    label,
    ...(emulates && { emulates }),
    ...(unkeyed && { unkeyed }),
  }
  return {
    inputs,
    ports,
    layers: ports.cache.layers,
    node,
    signal: ports.signal,
    ahead: { until: AbortSignal.abort(), expected: () => 0 },
    begin: () => {},
    output,
    notice: (message: string) => ports.events({ type: 'notice', at: ports.now(), message }),
  }
}

function preparedBind({ source, target, kind, readOnly }: HostBind): PreparedMount {
  return {
    target: { path: target, kind },
    mount: async (at) =>
      source === undefined ? { kind: 'tmpfs', target: at } : { kind: 'bind', source, target: at, readOnly },
  }
}
