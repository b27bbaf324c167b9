import { mkdirSync, writeFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import path from 'node:path'
import type { RunOp } from '../../graph/index.ts'
import type { Layer } from '../../image/index.ts'
import { type PreparedMount, withMounts } from '../mounts/index.ts'
import type { PreparedRootfs } from '../rootfs/index.ts'
import type { Sandbox, SandboxMount } from '../sandbox/index.ts'
import { networkFiles } from './network-files.ts'
import type { OpContext } from './op-executor.ts'
import { runCommand } from './run-command.ts'
import { withRetries } from './tries.ts'

/** Runs the command of a RUN, and gives the layer of what it changed. Each try has files of its own. */
export async function runStep(op: RunOp, context: OpContext): Promise<Layer> {
  return await withRetries(context, () => tryStep(op, context))
}

async function tryStep(op: RunOp, context: OpContext): Promise<Layer> {
  const scratch = await context.ports.temporary('run')
  try {
    return await withMounts(op.mounts, scratch, context, (mounts) => runOnRootfs(op, scratch, mounts, context))
  } finally {
    await rm(scratch, { recursive: true, force: true })
  }
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
  const all = [...fixed, ...(await emulatorMounts(context)), ...mounts]
  const prepared = await rootfs.prepare(
    inputs.snapshot(op.onto).layers,
    all.map((mount) => mount.target),
    madeIn(scratch, 'rootfs'),
    signal,
  )
  try {
    await runCommand(op, sandbox, prepared, await mountAll(all, prepared), madeIn(scratch, 'sandbox'), context)
    return await prepared.commit(context.layers)
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

/** The emulator that the kernel looks for in the files of the step. */
async function emulatorMounts({ node: { emulates }, ports }: OpContext): Promise<readonly PreparedMount[]> {
  const emulation = emulates && (await ports.emulation?.(emulates))
  if (emulation?.kind !== 'interpreter') return []
  const { path: target, source } = emulation
  return [
    {
      target: { path: target, kind: 'file' },
      mount: async (at) => ({ kind: 'bind', source, target: at, readOnly: true }),
    },
  ]
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
