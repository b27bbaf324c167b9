import { readdirSync, readFileSync } from 'node:fs'
import os from 'node:os'
import { isSystemError } from '../../errors.ts'
import { isMapped, isWholeMap, readIdMap } from './id-map.ts'

/** What decides how files of layers can be put here. */
export interface Rights {
  /** In a user namespace of its own: overlayfs keeps its marks in `user.overlay.*`, devices cannot be made. */
  readonly inUserNamespace: boolean
  /** Capabilities that may still be given to a child, as bits. */
  readonly boundingSet: bigint
}

/** What the kernel lets this process do, read once from `/proc/self`. */
export interface Machine extends Rights {
  /** True when the number means a user (or group) here; in a user namespace not every one does. */
  readonly hasUser: (uid: number) => boolean
  readonly hasGroup: (gid: number) => boolean
  /** It may change the root directory, and make neither mounts nor namespaces: root of a container with usual rights. */
  readonly mayOnlyChroot: boolean
  /** Supplementary groups may be set. */
  readonly canSetGroups: boolean
  /** `[major, minor]` of the kernel. */
  readonly kernel: readonly [number, number]
  /** The hard limit on open files. */
  readonly openFiles: number
  /** Handles above 2 that tsbuild was itself started with and that a child would inherit. */
  readonly inheritedHandles: readonly number[]
  /** Tells this boot of this machine, and these rights, from others. */
  readonly fingerprint: string
}

/** Less than `readMachine`, for a build in which nothing may have to run. */
export function readRights(): Rights {
  return {
    inUserNamespace: !isWholeMap(readIdMap('uid')),
    boundingSet: boundingSetIn(readText('/proc/self/status')),
  }
}

export function readMachine(): Machine {
  const users = readIdMap('uid')
  const groups = readIdMap('gid')
  const status = readText('/proc/self/status')
  const rights = ['CapEff', 'CapBnd', 'NoNewPrivs', 'Seccomp'].map((name) => field(status, name))
  const [major = 0, minor = 0] = os.release().split('.').map(Number)
  return {
    inUserNamespace: !isWholeMap(users),
    hasUser: (uid) => isMapped(users, uid),
    hasGroup: (gid) => isMapped(groups, gid),
    mayOnlyChroot: mayOnlyChroot(BigInt(`0x${field(status, 'CapEff') ?? '0'}`)),
    canSetGroups: readText('/proc/self/setgroups').trim() !== 'deny',
    boundingSet: boundingSetIn(status),
    kernel: [major, minor],
    openFiles: hardLimitOfFiles(),
    inheritedHandles: inheritedHandles(),
    fingerprint: [readText('/proc/sys/kernel/random/boot_id').trim(), JSON.stringify(users), ...rights].join(' '),
  }
}

/** True from this kernel on. */
export function isKernel(machine: Machine, major: number, minor: number): boolean {
  const [hasMajor, hasMinor] = machine.kernel
  return hasMajor > major || (hasMajor === major && hasMinor >= minor)
}

function boundingSetIn(status: string): bigint {
  return BigInt(`0x${field(status, 'CapBnd') ?? '0'}`)
}

function mayOnlyChroot(effective: bigint): boolean {
  const has = (number: bigint) => ((effective >> number) & 1n) === 1n
  return has(changeRoot) && !has(administer)
}

/** CAP_SYS_CHROOT and CAP_SYS_ADMIN. */
const [changeRoot, administer] = [18n, 21n]

function hardLimitOfFiles(): number {
  const row = readText('/proc/self/limits')
    .split('\n')
    .find((line) => line.startsWith('Max open files'))
  const hard = Number(row?.slice(26).trim().split(/\s+/)[1])
  return Number.isSafeInteger(hard) ? hard : 1_048_576
}

/** Node opens everything to be closed on exec; what its own parent left open without that mark would go on to children. */
function inheritedHandles(): readonly number[] {
  const closeOnExec = 0o2000000
  return readdirSync('/proc/self/fd')
    .map(Number)
    .filter((fd) => fd > 2)
    .filter((fd) => {
      const flags = field(readText(`/proc/self/fdinfo/${fd}`), 'flags')
      return flags !== undefined && (Number.parseInt(flags, 8) & closeOnExec) === 0
    })
}

function field(text: string, name: string): string | undefined {
  return text.match(new RegExp(`^${name}:\\s*(\\S+)`, 'm'))?.[1]
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    if (isSystemError(error, 'ENOENT', 'EACCES', 'EINVAL')) return ''
    throw error
  }
}
