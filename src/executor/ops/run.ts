import { mkdirSync, writeFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import path from 'node:path'
import type { Json } from '../../digest/index.ts'
import type { OpOf, RunOp } from '../../graph/index.ts'
import type { Layer } from '../../image/index.ts'
import { bindContent, mountDefinition, type PreparedMount, readingOnce, withMounts } from '../mounts/index.ts'
import type { PreparedRootfs } from '../rootfs/index.ts'
import type { Sandbox, SandboxMount } from '../sandbox/index.ts'
import { networkFiles } from './network-files.ts'
import type { OpContext, OpExecutor } from './op-executor.ts'
import { chainsOf } from './quick-key.ts'
import { runCommand } from './run-command.ts'

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
  async run(op, context) {
    const scratch = await context.ports.temporary('run')
    try {
      const once = { ...context, ports: { ...context.ports, secrets: readingOnce(context.ports.secrets) } }
      return await withMounts(op.mounts, scratch, once, (mounts) => runOnRootfs(op, scratch, mounts, once))
    } finally {
      await rm(scratch, { recursive: true, force: true })
    }
  },
}

function definitionOf(op: RunOp): Json {
  const { kind, argv, env, cwd, user, network, security, scripts, platform, hostname, limits } = op
  const mounts = op.mounts.map(mountDefinition)
  const { hostNames, ulimits } = limits
  const surroundings = { network, security, platform, hostname, hostNames, ulimits }
  const definition = { kind, argv, env, cwd, user, scripts, mounts, ...surroundings }
  return definition as unknown as Json
}

async function bindInputs(op: RunOp, context: OpContext) {
  const binds = op.mounts.filter((mount) => mount.kind === 'bind')
  return Promise.all(
    binds.map(async (mount) => ({ name: `bind ${mount.target}`, id: await bindContent(mount, context) })),
  )
}

async function runOnRootfs(
  op: RunOp,
  scratch: string,
  mounts: readonly PreparedMount[],
  context: OpContext,
): Promise<Layer> {
  const { ports, inputs, signal } = context
  const [sandbox, rootfs] = await Promise.all([ports.sandbox(), ports.rootfs()])
  const fixed = await fixedMounts(op, sandbox, scratch, context)
  const all = [...fixed, ...mounts]
  const prepared = await rootfs.prepare(
    inputs.snapshot(op.onto).layers,
    all.map((mount) => mount.target),
    madeIn(scratch, 'rootfs'),
    signal,
  )
  try {
    await runCommand(op, sandbox, prepared, await mountAll(all, prepared), madeIn(scratch, 'sandbox'), context)
    return await prepared.commit(ports.cache.layers)
  } finally {
    await prepared.dispose()
  }
}

/** What every RUN finds: host names, the resolver, and the scripts of its heredocs. */
async function fixedMounts(op: RunOp, sandbox: Sandbox, scratch: string, context: OpContext) {
  const folder = madeIn(scratch, 'files')
  const files = await networkFiles(op, sandbox, context.ports.hosts)
  const sources = [
    ...files.map((file) => ({ ...file, mode: 0o644 })),
    ...op.scripts.map((script) => ({ ...script, mode: 0o755 })),
  ]
  return sources.map(({ path: target, text, mode }, index): PreparedMount => {
    const source = path.join(folder, String(index))
    writeFileSync(source, text, { mode })
    return {
      target: { path: target, kind: 'file' },
      mount: async (at) => ({ kind: 'bind', source, target: at, readOnly: mode === 0o755 }),
    }
  })
}

async function mountAll(mounts: readonly PreparedMount[], prepared: PreparedRootfs): Promise<readonly SandboxMount[]> {
  const ready: SandboxMount[] = []
  for (const { target, mount } of mounts) ready.push(await mount(prepared.targets.get(target.path) ?? target.path))
  return ready
}

function madeIn(scratch: string, name: string): string {
  const directory = path.join(scratch, name)
  mkdirSync(directory, { mode: 0o700 })
  return directory
}
