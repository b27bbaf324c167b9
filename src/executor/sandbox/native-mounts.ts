import { chmod, mkdir, symlink, writeFile } from 'node:fs/promises'
import path from 'node:path'
import type { Host } from './host.ts'
import { type DeviceNode, presentDevices } from './insecure-devices.ts'
import type { MountRow } from './mount-table.ts'
import type { SandboxSpec } from './sandbox.ts'
import type { BoundMount } from './step-mounts.ts'
import { deviceLinks, devices, maskedPaths, presentPaths, readOnlyPaths, usualShmSize } from './surroundings.ts'

const strict = ['nosuid', 'nodev', 'noexec']

/** The folder that becomes `/dev`: links, and stubs for nodes and for mounts of the step that go below it. */
export async function writeDeviceFolder(
  folder: string,
  bound: readonly BoundMount[],
  more: readonly DeviceNode[],
): Promise<void> {
  await mkdir(folder)
  await chmod(folder, 0o755)
  await Promise.all([
    ...['pts', 'shm', 'mqueue'].map((name) => mkdir(path.join(folder, name), { mode: 0o755 })),
    ...Object.keys(devices).map((name) => writeFile(path.join(folder, name), '')),
    ...Object.entries(deviceLinks).map(([name, target]) => symlink(target, path.join(folder, name))),
  ])
  for (const mount of bound) {
    if (mount.target.startsWith('/dev/')) await makeStub(folder, placeIn(folder, mount.target), mount.shows === 'file')
  }
  for (const device of more) await makeStub(folder, placeIn(folder, device.path), true)
}

function placeIn(folder: string, target: string): string {
  return path.join(folder, target.slice('/dev/'.length))
}

async function makeStub(folder: string, place: string, isFile: boolean): Promise<void> {
  for (let at = isFile ? path.dirname(place) : place; at !== folder; at = path.dirname(at)) {
    await mkdir(at, { recursive: true })
    await chmod(at, 0o755)
  }
  if (isFile) await writeFile(place, '', { flag: 'a' })
}

/** What every step finds mounted, in order. */
export function nativeRows(spec: SandboxSpec, root: string, deviceFolder: string, host: Host): readonly MountRow[] {
  const at = (target: string) => path.join(root, target)
  const fresh = (type: string, target: string, options: readonly string[]): MountRow => ({
    source: type,
    target: at(target),
    type,
    options,
  })
  const terminals = host.machine.hasGroup(5) ? ['gid=5'] : []
  return [
    fresh('proc', '/proc', strict),
    ...systemRows(spec, at, host),
    bind(deviceFolder, at('/dev'), spec.insecure ? ['nosuid', 'noexec'] : strict),
    ...Object.keys(devices).map((name) => bind(`/dev/${name}`, at(`/dev/${name}`), [])),
    ...presentDevices(spec, host.machine).map((device) => bind(device.path, at(device.path), [])),
    fresh('devpts', '/dev/pts', ['nosuid', 'noexec', 'newinstance', 'ptmxmode=0666', 'mode=0620', ...terminals]),
    fresh('tmpfs', '/dev/shm', [...strict, 'mode=1777', `size=${spec.limits.shmSize ?? usualShmSize}`]),
    fresh('mqueue', '/dev/mqueue', strict),
    ...(spec.insecure ? [] : guards(at)),
  ]
}

/** A user namespace may mount sysfs only together with a network namespace of its own; else the host's is shown. */
function systemRows(
  spec: SandboxSpec,
  at: (target: string) => string,
  { machine, network }: Host,
): readonly MountRow[] {
  const ownNetwork = spec.network === 'none' || network.connectorFor(spec.network) !== undefined
  if (ownNetwork || !machine.inUserNamespace) {
    return [{ source: 'sysfs', target: at('/sys'), type: 'sysfs', options: [...strict, spec.insecure ? 'rw' : 'ro'] }]
  }
  return [
    { source: '/sys', target: at('/sys'), type: 'none', options: ['rbind', ...strict, 'ro'] },
    { source: 'tmpfs', target: at('/sys/fs/cgroup'), type: 'tmpfs', options: [...strict, 'ro'] },
  ]
}

/** Covers what tells of the machine or reaches into it. */
function guards(at: (target: string) => string): readonly MountRow[] {
  const readOnly = presentPaths(readOnlyPaths).map(({ path }) => bind(at(path), at(path), [...strict, 'ro']))
  const masked = presentPaths(maskedPaths).map(({ path, isDirectory }) =>
    isDirectory
      ? { source: 'tmpfs', target: at(path), type: 'tmpfs', options: [...strict, 'ro'] }
      : bind('/dev/null', at(path), []),
  )
  return [...readOnly, ...masked]
}

function bind(source: string, target: string, options: readonly string[]): MountRow {
  return { source, target, type: 'none', options: ['bind', ...options] }
}

/** A mount of the step as a row. */
export function stepRow({ source, readOnly }: BoundMount, target: string): MountRow {
  return bind(source, target, ['nosuid', 'nodev', readOnly ? 'ro' : 'rw'])
}
