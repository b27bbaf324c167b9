import { execFile } from 'node:child_process'
import { chmod, mkdir, realpath, rename, rm } from 'node:fs/promises'
import path from 'node:path'
import { promisify } from 'node:util'
import { TsbuildError } from '../../errors.ts'
import { cannotMount } from './failure.ts'
import type { SandboxMount } from './sandbox.ts'
import type { Tools } from './tools.ts'

/**
 * Puts copies where mounts would be, and what was there into `aside`. The returned function puts it back, after what a step
 * wrote into a writable directory was added to its source.
 * @throws {TsbuildError} TSB_SANDBOX_MOUNT for what a copy cannot stand for
 */
export async function putMounts(
  root: string,
  mounts: readonly SandboxMount[],
  aside: string,
  tools: Tools,
): Promise<() => Promise<void>> {
  await mkdir(aside, { mode: 0o700 })
  const undo: (() => Promise<void>)[] = []
  const takeBack = async () => {
    for (let step = undo.pop(); step; step = undo.pop()) await step()
  }
  try {
    for (const [index, mount] of mounts.entries()) {
      const place = path.join(root, mount.target)
      const original = path.join(aside, String(index))
      await rename(place, original)
      undo.push(async () => {
        await checkParent(place, mount.target)
        if (mount.kind === 'bind' && !mount.readOnly) await addTo(mount.source, place, tools)
        await rm(place, { recursive: true, force: true })
        await rename(original, place)
      })
      await putCopy(mount, place, tools)
    }
  } catch (error) {
    await takeBack()
    throw error
  }
  return takeBack
}

async function putCopy(mount: SandboxMount, place: string, tools: Tools): Promise<void> {
  if (mount.kind === 'overlay') throw cannotMount('directories over each other')
  if (mount.kind === 'bind') return await copy(['--no-target-directory', '--', mount.source, place], tools)
  await mkdir(place)
  await chmod(place, mount.mode ?? 0o755)
}

async function addTo(source: string, place: string, tools: Tools): Promise<void> {
  await copy(['--no-target-directory', '--', place, source], tools)
}

async function copy(args: readonly string[], tools: Tools): Promise<void> {
  await promisify(execFile)(tools.need('cp'), ['--archive', '--reflink=auto', ...args], { env: { ...tools.env } })
}

/** A step may have put a link where the parent was; removing what is below would then remove from the host. */
async function checkParent(place: string, target: string): Promise<void> {
  const parent = path.dirname(place)
  if ((await realpath(parent)) === parent) return
  throw new TsbuildError(
    'TSB_SANDBOX_TARGET',
    `the command replaced a directory above ${target}, where something was mounted`,
  )
}
