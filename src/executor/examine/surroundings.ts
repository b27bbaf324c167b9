import { readFileSync, readlinkSync } from 'node:fs'
import { isSystemError } from '../../errors.ts'
import { capabilitiesIn } from '../sandbox/capabilities.ts'

/** What the kernel says of a process. */
export interface Surroundings {
  /** Namespaces that it shares with nobody outside: `pid`, `mnt`, `ipc`, `uts`, `cgroup`. Its network is told apart. */
  readonly namespaces: readonly string[]
  /** A system call filter is in force. */
  readonly filtered: boolean
  readonly noNewPrivileges: boolean
  /** Without `CAP_`: those it could get in whatever way. */
  readonly capabilities: readonly string[]
}

/** A command that says where it is. */
export const reportCommand: readonly string[] = [
  '/bin/sh',
  '-c',
  `cat /proc/self/status && for name in ${namespaceNames().join(' ')}; do echo "$name=$(readlink /proc/self/ns/$name)"; done`,
]

function namespaceNames(): readonly string[] {
  return ['pid', 'mnt', 'ipc', 'uts', 'cgroup']
}

/** @param said by `reportCommand` */
export function surroundingsIn(said: string): Surroundings {
  return {
    namespaces: namespaceNames().filter((name) => {
      const theirs = new RegExp(`^${name}=(\\S+)$`, 'm').exec(said)?.[1]
      return theirs !== undefined && theirs !== ownNamespace(name)
    }),
    ...rightsIn(said),
  }
}

/** Those of this process. */
export function ownRights(): Omit<Surroundings, 'namespaces'> {
  return rightsIn(readFileSync('/proc/self/status', 'utf8'))
}

/** @param status a text that has what `/proc/PID/status` says */
function rightsIn(status: string): Omit<Surroundings, 'namespaces'> {
  const field = (name: string) => new RegExp(`^${name}:\\s*(\\S+)`, 'm').exec(status)?.[1]
  return {
    filtered: field('Seccomp') === '2',
    noNewPrivileges: field('NoNewPrivs') === '1',
    capabilities: capabilitiesIn(BigInt(`0x${field('CapBnd') ?? '0'}`)),
  }
}

function ownNamespace(name: string): string | undefined {
  try {
    return readlinkSync(`/proc/self/ns/${name}`)
  } catch (error) {
    if (isSystemError(error, 'ENOENT', 'EACCES')) return undefined
    throw error
  }
}
