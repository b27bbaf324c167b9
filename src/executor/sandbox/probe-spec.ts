import { statSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import path from 'node:path'
import type { SandboxSpec } from './sandbox.ts'

/**
 * A command of this machine itself, on a rootfs made of its own programs and libraries.
 * @param scratch an empty directory
 */
export async function probeSpec(scratch: string, argv: readonly string[]): Promise<SandboxSpec> {
  const root = path.join(scratch, 'root')
  const work = path.join(scratch, 'work')
  const shown = ['bin', 'sbin', 'lib', 'lib32', 'lib64', 'usr', 'nix', 'gnu'].filter((name) => isDirectory(`/${name}`))
  for (const folder of [root, work, ...[...shown, 'proc', 'sys', 'dev'].map((name) => path.join(root, name))]) {
    await mkdir(folder)
  }
  return {
    id: path.basename(scratch),
    rootfs: { kind: 'directory', path: root },
    argv,
    env: [],
    cwd: '/',
    user: { uid: 0, gid: 0, groups: [] },
    mounts: shown.map((name) => ({ kind: 'bind', source: `/${name}`, target: `/${name}`, readOnly: true })),
    network: 'none',
    hostname: 'probe',
    insecure: false,
    limits: {},
    scratch: work,
  }
}

function isDirectory(folder: string): boolean {
  return statSync(folder, { throwIfNoEntry: false })?.isDirectory() ?? false
}
