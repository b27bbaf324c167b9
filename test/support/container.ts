import { spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { stepSeccomp } from '../../src/executor/sandbox/seccomp.ts'
import { maskedPaths, readOnlyPaths } from '../../src/executor/sandbox/surroundings.ts'
import type { Ran } from './command-line.ts'
import { hasProgram } from './programs.ts'

/** A container as Docker starts one with no option: the lower rungs of the ladder. */
export interface Container {
  /** Who runs in it: 0, or a user without any capability. */
  readonly uid: number
  /** Folders that can be written to, at the same place in the container. */
  readonly writable: readonly string[]
  /** Further folders that can be read, at the same place. */
  readonly readable?: readonly string[]
  /** Writable folders by the place where the container has them. */
  readonly placed?: Readonly<Record<string, string>>
  /** Beside PATH, HOME and TMPDIR. */
  readonly env?: Readonly<Record<string, string>>
  readonly cwd?: string
}

export const hasContainers = process.getuid?.() === 0 && hasProgram('runc')
export const noContainers = 'needs root and runc'

const checkout = path.resolve(import.meta.dirname, '../..')
const modules = realpathSync(path.join(checkout, 'node_modules'))

/** What Docker leaves to a container: 0xa80425fb. */
const capabilities = [
  ...['CAP_CHOWN', 'CAP_DAC_OVERRIDE', 'CAP_FSETID', 'CAP_FOWNER', 'CAP_MKNOD', 'CAP_NET_RAW', 'CAP_SETGID'],
  ...['CAP_SETUID', 'CAP_SETFCAP', 'CAP_SETPCAP', 'CAP_NET_BIND_SERVICE', 'CAP_SYS_CHROOT', 'CAP_KILL'],
  'CAP_AUDIT_WRITE',
]

/** Runs a command in a container of its own, to its end. */
export async function runInContainer(container: Container, ...argv: readonly string[]): Promise<Ran> {
  const folder = mkdtempSync(path.join(tmpdir(), 'tsbuild-container-'))
  try {
    writeBundle(folder, container, argv)
    const child = spawn('runc', runcArguments(folder), { stdio: ['ignore', 'pipe', 'pipe'] })
    const heard = { stdout: '', stderr: '' }
    for (const name of ['stdout', 'stderr'] as const) {
      child[name].setEncoding('utf8').on('data', (text: string) => {
        heard[name] += text
      })
    }
    const [status, signal] = await once(child, 'close')
    return { status, signal, ...heard }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** The command line of `runc` for the bundle in a folder. */
export function runcArguments(folder: string): readonly string[] {
  return ['--root', path.join(folder, 'state'), 'run', '--bundle', folder, `tsbuild-test-${randomUUID()}`]
}

/** Writes a bundle whose root has the programs of this machine, this checkout, and nothing of the machine that is private. */
export function writeBundle(folder: string, container: Container, argv: readonly string[]): void {
  const root = path.join(folder, 'root')
  for (const name of ['proc', 'sys', 'dev', 'tmp', 'run', 'root', 'var/tmp'])
    mkdirSync(path.join(root, name), { recursive: true })
  for (const name of ['bin', 'sbin', 'lib', 'lib64']) symlinkSync(`usr/${name}`, path.join(root, name))
  writeFileSync(path.join(folder, 'config.json'), JSON.stringify(configOf(root, container, argv)))
}

function configOf(
  root: string,
  { uid, writable, readable = [], placed = {}, env = {}, cwd = '/' }: Container,
  argv: readonly string[],
) {
  const variables = { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', HOME: '/tmp', ...env }
  const kept = uid === 0 ? capabilities : []
  return {
    ociVersion: '1.0.2',
    hostname: 'container',
    root: { path: root, readonly: false },
    process: {
      user: { uid, gid: uid },
      args: argv,
      env: Object.entries(variables).map(([name, value]) => `${name}=${value}`),
      cwd,
      noNewPrivileges: false,
      capabilities: { bounding: capabilities, effective: kept, permitted: kept, inheritable: [], ambient: [] },
    },
    mounts: [
      ...systemMounts,
      ...['/usr', '/etc', checkout, modules, ...readable].map((at) => bind(at, at, 'ro')),
      ...writable.map((at) => bind(at, at, 'rw')),
      ...Object.entries(placed).map(([at, source]) => bind(source, at, 'rw')),
    ],
    linux: {
      namespaces: ['pid', 'mount', 'ipc', 'uts', 'network', 'cgroup'].map((type) => ({ type })),
      resources: { devices: deviceRules },
      seccomp: stepSeccomp(),
      maskedPaths,
      readonlyPaths: readOnlyPaths,
    },
  }
}

function bind(source: string, destination: string, access: 'ro' | 'rw') {
  return { destination, type: 'bind', source, options: ['rbind', access] }
}

const strict = ['nosuid', 'noexec', 'nodev']
const tmpfs = (destination: string, ...options: readonly string[]) => ({
  destination,
  type: 'tmpfs',
  source: 'tmpfs',
  options: ['nosuid', ...options],
})
const systemMounts = [
  { destination: '/proc', type: 'proc', source: 'proc', options: strict },
  tmpfs('/dev', 'strictatime', 'mode=755', 'size=65536k'),
  {
    destination: '/dev/pts',
    type: 'devpts',
    source: 'devpts',
    options: ['nosuid', 'noexec', 'newinstance', 'ptmxmode=0666', 'mode=0620', 'gid=5'],
  },
  { destination: '/sys', type: 'sysfs', source: 'sysfs', options: [...strict, 'ro'] },
  { destination: '/sys/fs/cgroup', type: 'cgroup', source: 'cgroup', options: [...strict, 'ro'] },
  { destination: '/dev/mqueue', type: 'mqueue', source: 'mqueue', options: strict },
  { destination: '/dev/shm', type: 'tmpfs', source: 'shm', options: [...strict, 'mode=1777', 'size=65536k'] },
  tmpfs('/tmp', 'mode=1777'),
  tmpfs('/var/tmp', 'mode=1777'),
  tmpfs('/run', 'mode=755'),
]

/** Nodes may be made, and only the usual ones be used. */
const deviceRules = [{ allow: false, access: 'rwm' }, ...['c', 'b'].map((type) => ({ allow: true, type, access: 'm' }))]
