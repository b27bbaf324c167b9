import { statSync } from 'node:fs'

/** What every step finds besides its files, whatever form of sandbox it runs in. */

/** Device nodes of `/dev` by name, as `major:minor` of a character device. */
export const devices: Readonly<Record<string, readonly [major: number, minor: number]>> = {
  null: [1, 3],
  zero: [1, 5],
  full: [1, 7],
  random: [1, 8],
  urandom: [1, 9],
  tty: [5, 0],
}

/** Links of `/dev`. */
export const deviceLinks: Readonly<Record<string, string>> = {
  fd: '/proc/self/fd',
  stdin: '/proc/self/fd/0',
  stdout: '/proc/self/fd/1',
  stderr: '/proc/self/fd/2',
  ptmx: 'pts/ptmx',
}

/** What has a name of its own in `/dev`, so that no mount can have it; a runtime may make a console too. */
export const deviceNames: readonly string[] = ['console', ...Object.keys(devices), ...Object.keys(deviceLinks)]

/** Bytes of `/dev/shm`. */
export const usualShmSize = 64 * 1024 * 1024

/** Soft limit on open files: programs that close all they could have take ages with the millions that Node asks for. */
export const usualOpenFiles = 1024

/**
 * Processes and threads of a step at once, where nothing else was said: more than any build is known to need, and few enough
 * for a machine to bear. Podman has 2048, Docker no limit.
 */
export const usualProcesses = 8192

/** Shown as empty: they tell of the machine, or reach into it. */
export const maskedPaths: readonly string[] = [
  '/proc/acpi',
  '/proc/asound',
  '/proc/interrupts',
  '/proc/kcore',
  '/proc/keys',
  '/proc/latency_stats',
  '/proc/sched_debug',
  '/proc/scsi',
  '/proc/timer_list',
  '/proc/timer_stats',
  '/sys/devices/virtual/powercap',
  '/sys/firmware',
]

export const readOnlyPaths: readonly string[] = [
  '/proc/bus',
  '/proc/fs',
  '/proc/irq',
  '/proc/sys',
  '/proc/sysrq-trigger',
  '/sys/fs/cgroup',
]

/** Those of the paths that this kernel has, and what they are. */
export function presentPaths(
  paths: readonly string[],
): readonly { readonly path: string; readonly isDirectory: boolean }[] {
  return paths.flatMap((path) => {
    const stats = statSync(path, { throwIfNoEntry: false })
    return stats ? [{ path, isDirectory: stats.isDirectory() }] : []
  })
}
