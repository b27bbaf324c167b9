import type { Json } from '../../digest/index.ts'
import type { OpOf, RunOp } from '../../graph/index.ts'
import { bindContent, mountDefinition } from '../mounts/index.ts'
import type { OpContext, OpExecutor } from './op-executor.ts'
import { chainsOf } from './quick-key.ts'

/** RUN: a command in the sandbox, on the files below; the layer is what it changed. */
export const run: OpExecutor<OpOf<'run'>> = {
  version: 'run.v1',
  quickKey: (op, { inputs }) => {
    const binds = op.mounts.filter((mount) => mount.kind === 'bind')
    const chains = chainsOf(binds, inputs)
    return chains && { definition: definitionOf(op), parent: inputs.snapshot(op.onto).chain, inputs: chains }
  },
  /** All that the command sees, but times, the bytes of secrets, and what is in cache mounts. */
  key: async (op, context) => ({
    components: {
      definition: definitionOf(op),
      parent: context.inputs.snapshot(op.onto).chain,
      inputs: await bindInputs(op, context),
    },
  }),
  /** What it takes is loaded with the first RUN that runs. */
  run: async (op, context) => (await import('./run-step.ts')).runStep(op, context),
}

function definitionOf(op: RunOp): Json {
  const { kind, argv, env, cwd, user, network, security, scripts, platform, hostname, limits } = op
  const mounts = op.mounts.map(mountDefinition)
  const { hostNames, ulimits, shmSize, seccomp } = limits
  const surroundings = { network, security, platform, hostname, hostNames, ulimits, shmSize, seccomp }
  const definition = { kind, argv, env, cwd, user, scripts, mounts, ...surroundings }
  return definition as unknown as Json
}

async function bindInputs(op: RunOp, context: OpContext) {
  const binds = op.mounts.filter((mount) => mount.kind === 'bind')
  return Promise.all(
    binds.map(async (mount) => ({ name: `bind ${mount.target}`, id: await bindContent(mount, context) })),
  )
}
