import { statSync } from 'node:fs'
import type { Machine } from './machine.ts'
import type { SandboxSpec } from './sandbox.ts'

/** A node in `/dev`. */
export interface DeviceNode {
  readonly path: string
  /** Character or block device. */
  readonly type: 'c' | 'b'
  readonly major: number
  readonly minor: number
}

/** What `RUN --security=insecure` has besides the usual devices, as in BuildKit: for file systems, machines, networks. */
const nodes: readonly DeviceNode[] = [
  { path: '/dev/kmsg', type: 'c', major: 1, minor: 11 },
  { path: '/dev/cuse', type: 'c', major: 10, minor: 203 },
  { path: '/dev/fuse', type: 'c', major: 10, minor: 229 },
  { path: '/dev/kvm', type: 'c', major: 10, minor: 232 },
  { path: '/dev/net/tun', type: 'c', major: 10, minor: 200 },
  { path: '/dev/loop-control', type: 'c', major: 10, minor: 237 },
  ...Array.from({ length: 8 }, (_, minor) => ({ path: `/dev/loop${minor}`, type: 'b', major: 7, minor }) as const),
]

/** The devices of an insecure step; none in a user namespace, which cannot make any. */
export function insecureDevices({ insecure }: SandboxSpec, { inUserNamespace }: Machine): readonly DeviceNode[] {
  return insecure && !inUserNamespace ? nodes : []
}

/** Those that this machine has itself, for sandboxes that can show its own and make none. */
export function presentDevices(spec: SandboxSpec, machine: Machine): readonly DeviceNode[] {
  return insecureDevices(spec, machine).filter(({ path }) => {
    const stats = statSync(path, { throwIfNoEntry: false })
    return stats?.isCharacterDevice() || stats?.isBlockDevice()
  })
}
