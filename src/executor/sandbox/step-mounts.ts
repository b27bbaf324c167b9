import { lstatSync, mkdirSync, statSync } from 'node:fs'
import path from 'node:path'
import { TsbuildError } from '../../errors.ts'
import { idRangesHint } from './failure.ts'
import type { Machine } from './machine.ts'
import { type MountRow, overlayRow } from './mount-table.ts'
import type { Rootfs, SandboxMount } from './sandbox.ts'

/** What is left of a mount when its source is a directory or file of the mount namespace. */
export interface BoundMount {
  readonly source: string
  readonly target: string
  readonly readOnly: boolean
  /** A file may be a socket. */
  readonly shows: 'directory' | 'file'
}

/** The mounts of a step, once its overlays and tmpfs are mounted: what is left to bind, parents before what lies in them. */
export interface StepMounts {
  /** What `mount` has to make first, outside the root. */
  readonly rows: readonly MountRow[]
  /** Where the root is then. */
  readonly root: string
  readonly bound: readonly BoundMount[]
}

/** @param folder where the links of the overlays go; the working directory of `mount` */
export function stepMounts(
  folder: string,
  rootfs: Rootfs,
  mounts: readonly SandboxMount[],
  machine: Machine,
  rootOptions: readonly string[],
): StepMounts {
  const rows: MountRow[] = []
  if (rootfs.kind === 'overlay') rows.push(overlayRow(folder, 'r', rootfs, machine, rootOptions))
  const bound: BoundMount[] = []
  for (const [index, mount] of mounts.entries()) {
    if (mount.kind === 'overlay') rows.push(overlayRow(folder, `${index}.`, mount, machine))
    if (mount.kind === 'tmpfs') rows.push(tmpfsRow(path.join(folder, `${index}.tmpfs`), mount, rootfs))
    bound.push(bindOf(mount, path.join(folder, `${index}.tmpfs`)))
  }
  const depth = (mount: BoundMount) => mount.target.split('/').length
  return {
    rows,
    root: rootfs.kind === 'overlay' ? rootfs.merged : rootfs.path,
    bound: bound.sort((a, b) => depth(a) - depth(b)),
  }
}

function bindOf(mount: SandboxMount, tmpfs: string): BoundMount {
  const { target } = mount
  if (mount.kind === 'tmpfs') return { source: tmpfs, target, readOnly: false, shows: 'directory' }
  const { readOnly } = mount
  if (mount.kind === 'bind') return { source: mount.source, target, readOnly, shows: kindOf([mount.source]) }
  const { merged, lowers, subpath } = mount
  const shows = kindOf(lowers.map((lower) => path.join(lower, subpath)))
  return { source: path.join(merged, subpath), target, readOnly, shows }
}

/** Of the first that is there. */
function kindOf(places: readonly string[]): BoundMount['shows'] {
  for (const place of places) {
    const stats = statSync(place, { throwIfNoEntry: false })
    if (stats) return stats.isDirectory() ? 'directory' : 'file'
  }
  return 'directory'
}

function tmpfsRow(
  place: string,
  { target, size, mode }: Extract<SandboxMount, { readonly kind: 'tmpfs' }>,
  rootfs: Rootfs,
): MountRow {
  mkdirSync(place, { recursive: true, mode: 0o700 })
  const octal = (mode ?? coveredMode(rootfs, target)).toString(8)
  const options = ['nosuid', 'nodev', `mode=${octal}`, ...(size === undefined ? [] : [`size=${size}`])]
  return { source: 'tmpfs', target: place, type: 'tmpfs', options }
}

/** The mode of the directory that is mounted over. */
function coveredMode(rootfs: Rootfs, target: string): number {
  const folders = rootfs.kind === 'overlay' ? [rootfs.upper, ...rootfs.lowers] : [rootfs.path]
  for (const folder of folders) {
    const stats = lstatSync(path.join(folder, target), { throwIfNoEntry: false })
    if (stats?.isDirectory()) return stats.mode & 0o7777
  }
  return 0o755
}

/** @throws {TsbuildError} TSB_SANDBOX_USER when the numbers mean nothing in the user namespace tsbuild runs in */
export function checkUser({ uid, gid }: { readonly uid: number; readonly gid: number }, machine: Machine): void {
  if (machine.hasUser(uid) && machine.hasGroup(gid)) return
  throw new TsbuildError('TSB_SANDBOX_USER', `user ${uid}:${gid} cannot be used: it is not mapped here`, {
    hint: `without root, ${idRangesHint}`,
  })
}
