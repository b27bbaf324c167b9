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

/** All that a command of a RUN needs, made ready. */
export interface ReadyRun {
  readonly sandbox: Sandbox
  readonly rootfs: PreparedRootfs
  readonly mounts: readonly SandboxMount[]
  /** Those of the RUN itself, as they were prepared. */
  readonly prepared: readonly PreparedMount[]
  /** An empty private directory for the sandbox. */
  readonly scratch: string
}

/**
 * Makes a RUN ready on some layers, lowest first, and takes all away when `work` is over.
 * @param more mounts of the command that no Dockerfile asks for
 */
export async function withReadyRun<T>(
  op: RunOp,
  layers: readonly Layer[],
  context: OpContext,
  work: (ready: ReadyRun) => Promise<T>,
  more: readonly PreparedMount[] = [],
): Promise<T> {
  const scratch = await context.ports.temporary('run')
  try {
    return await withMounts(op.mounts, scratch, context, (prepared) =>
      onRootfs(op, layers, scratch, { prepared, more }, context, work),
    )
  } finally {
    await rm(scratch, { recursive: true, force: true })
  }
}

async function onRootfs<T>(
  op: RunOp,
  layers: readonly Layer[],
  scratch: string,
  { prepared, more }: Record<'prepared' | 'more', readonly PreparedMount[]>,
  context: OpContext,
  work: (ready: ReadyRun) => Promise<T>,
): Promise<T> {
  const { ports, signal } = context
  const [sandbox, provider] = await Promise.all([ports.sandbox(), ports.rootfs()])
  const fixed = await fixedMounts(op, sandbox, scratch, context)
  const all = [...fixed, ...(await emulatorMounts(context)), ...prepared, ...more]
  const targets = all.map((mount) => mount.target)
  const rootfs = await provider.prepare(layers, targets, madeIn(scratch, 'rootfs'), signal)
  try {
    const mounts = await mountAll(all, rootfs)
    return await work({ sandbox, rootfs, mounts, prepared, scratch: madeIn(scratch, 'sandbox') })
  } finally {
    await rootfs.dispose()
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
