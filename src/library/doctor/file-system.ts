import { readFileSync, statSync } from 'node:fs'
import { splitDevice } from '../../syscalls/index.ts'

/** The type of the file system that a file is on, as `mount` has it: `ext4`, `overlay`. */
export function fileSystemOf(file: string): string {
  const { major, minor } = splitDevice(statSync(file, { bigint: true }).dev)
  const device = `${major}:${minor}`
  const rows = readFileSync('/proc/self/mountinfo', 'utf8').split('\n').map(rowOf)
  const byDevice = rows.findLast((row) => row.device === device)
  return (byDevice ?? deepest(rows, file))?.type ?? 'unknown'
}

interface MountRow {
  readonly device: string
  readonly place: string
  readonly type: string
}

/** @see https://man7.org/linux/man-pages/man5/proc_pid_mountinfo.5.html */
function rowOf(line: string): MountRow {
  const [before = '', after = ''] = line.split(' - ')
  const [, , device = '', , place = ''] = before.split(' ')
  return { device, place, type: after.split(' ')[0] ?? '' }
}

/** Subvolumes of btrfs have devices of their own, which no mount names. */
function deepest(rows: readonly MountRow[], file: string): MountRow | undefined {
  const holds = ({ place }: MountRow) => file === place || file.startsWith(place.endsWith('/') ? place : `${place}/`)
  return rows.filter((row) => row.place !== '' && holds(row)).sort((a, b) => b.place.length - a.place.length)[0]
}
