import { execFile } from 'node:child_process'
import type { Stats } from 'node:fs'
import { chmod, link, lstat, mkdir, realpath, rename, rm } from 'node:fs/promises'
import path from 'node:path'
import { promisify } from 'node:util'
import { isSystemError, TsbuildError } from '../../errors.ts'
import { keepTime } from '../keep-time.ts'
import { fillDevices } from './chroot-devices.ts'
import { goneFrom, type Names, namesBelow, takeAway } from './chroot-removals.ts'
import { cannotMount } from './failure.ts'
import type { SandboxMount } from './sandbox.ts'
import type { Tools } from './tools.ts'

/**
 * Puts copies where mounts would be, with a `/dev` of its own, and what was there into `aside`. The returned function puts
 * it back, after what a step wrote into a writable directory was added to its source, and what it removed was removed there:
 * what another step wrote meanwhile stays. The directories around keep the times that the layers and the step gave them.
 * @throws {TsbuildError} TSB_SANDBOX_MOUNT for what a copy cannot stand for
 */
export async function putMounts(
  root: string,
  mounts: readonly SandboxMount[],
  aside: string,
  tools: Tools,
): Promise<() => Promise<void>> {
  const real = await realpath(root)
  await mkdir(aside, { mode: 0o700 })
  const undo: (() => Promise<void>)[] = []
  const takeBack = async () => {
    for (let step = undo.pop(); step; step = undo.pop()) await step()
  }
  try {
    for (const [index, mount] of [devices, ...mounts].entries()) {
      const place = path.join(real, mount.target)
      await makeParents(real, mount.target)
      const restoreTime = keepTime(path.dirname(place))
      const original = await moveAside(place, path.join(aside, String(index)))
      const copied = {
        mount,
        place,
        original,
        before: new Map() as Names,
        removed: path.join(aside, `${index}-removed`),
      }
      undo.push(() => takeCopyBack(copied, tools))
      await putCopy(mount, place, original, tools)
      if (isKept(mount)) copied.before = await namesBelow(place)
      if (mount === devices) fillDevices(place)
      restoreTime()
    }
  } catch (error) {
    await takeBack()
    throw error
  }
  return takeBack
}

const devices: SandboxMount = { kind: 'tmpfs', target: '/dev', mode: 0o755 }

/** Where it is now; undefined when nothing was there. */
async function moveAside(place: string, original: string): Promise<string | undefined> {
  try {
    await rename(place, original)
    return original
  } catch (error) {
    if (!isSystemError(error, 'ENOENT')) throw error
    return undefined
  }
}

/**
 * Makes the directories above a target that are missing, as below our own `/dev` or in what was copied before it. A link on
 * the way, as a cache may have it, would lead to the files of this machine.
 * @throws {TsbuildError} TSB_SANDBOX_TARGET
 */
async function makeParents(root: string, target: string): Promise<void> {
  let at = root
  for (const name of path.dirname(target).split('/')) {
    at = path.join(at, name)
    const stats = await look(at)
    if (stats && !stats.isDirectory()) throw leadsAway(target, `/${path.relative(root, at)} is no directory`)
    if (!stats) await mkdir(at)
  }
  if ((await look(path.join(root, target)))?.isSymbolicLink()) throw leadsAway(target, 'a link is there')
}

async function look(place: string): Promise<Stats | undefined> {
  try {
    return await lstat(place)
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return undefined
    throw error
  }
}

/** What a step writes there is for later ones. */
function isKept(mount: SandboxMount): mount is Extract<SandboxMount, { kind: 'bind' }> {
  return mount.kind === 'bind' && !mount.readOnly
}

/** A copy in place of a mount. */
interface Copied {
  readonly mount: SandboxMount
  readonly place: string
  /** What was there. */
  readonly original: string | undefined
  /** What was in it when the step began. */
  readonly before: Names
  /** For what the step removed. */
  readonly removed: string
}

async function takeCopyBack({ mount, place, original, before, removed }: Copied, tools: Tools): Promise<void> {
  await checkParent(place, mount.target)
  const restoreTime = keepTime(path.dirname(place))
  if (isKept(mount)) {
    await takeAway(mount.source, goneFrom(before, await namesBelow(place)), removed)
    await addTo(mount.source, place, mount.target, tools)
  }
  await rm(place, { recursive: true, force: true })
  if (original !== undefined) await rename(original, place)
  restoreTime()
}

/** @param original what was at the place before */
async function putCopy(mount: SandboxMount, place: string, original: string | undefined, tools: Tools): Promise<void> {
  if (mount.kind === 'bind') return await copyFrom(mount.source, place, tools)
  if (mount.kind === 'overlay') return await copyFrom(onlyLower(mount), place, tools)
  await mkdir(place)
  await chmod(place, mount.mode ?? (await modeOf(original)))
}

/** Of one directory a copy is as good as a view. */
function onlyLower({ lowers, subpath }: Extract<SandboxMount, { kind: 'overlay' }>): string {
  const [lower, more] = lowers
  if (lower === undefined || more !== undefined) throw cannotMount('directories over each other')
  return path.join(lower, subpath)
}

async function modeOf(directory: string | undefined): Promise<number> {
  return directory === undefined ? 0o755 : (await lstat(directory)).mode & 0o7777
}

/** Nobody would answer at the copy of a socket, but its other names are as good as the first. */
async function copyFrom(source: string, place: string, tools: Tools): Promise<void> {
  if ((await lstat(source)).isSocket()) await link(source, place)
  else await copy(['--no-target-directory', '--', source, place], tools)
}

/** What is in the way is removed first: through a link of an earlier step, a file would be written anywhere. */
async function addTo(source: string, place: string, target: string, tools: Tools): Promise<void> {
  try {
    await copy(['--no-target-directory', '--remove-destination', '--', place, source], tools)
  } catch (error) {
    if (!(error instanceof Error && 'stderr' in error)) throw error
    throw leadsAway(target, String(error.stderr).trim())
  }
}

async function copy(args: readonly string[], tools: Tools): Promise<void> {
  await promisify(execFile)(tools.need('cp'), ['--archive', '--reflink=auto', ...args], { env: { ...tools.env } })
}

/** A step may have put a link where the parent was; removing what is below would then remove from the host. */
async function checkParent(place: string, target: string): Promise<void> {
  const parent = path.dirname(place)
  if ((await realpath(parent)) === parent) return
  throw leadsAway(target, 'the command replaced a directory above it')
}

function leadsAway(target: string, why: string): TsbuildError {
  return new TsbuildError('TSB_SANDBOX_TARGET', `nothing can be put in place of a mount at ${target}: ${why}`)
}
