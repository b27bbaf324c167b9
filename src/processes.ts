import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { kill } from 'node:process'
import { isSystemError } from './errors.ts'

/** Numbers of the processes that this one sees. Those that have ended are left out, though they stay listed until somebody asks how. */
export function runningProcesses(): readonly string[] {
  const isOver = (pid: string) => /^State:\s+[ZX]/m.test(processFile(pid, 'status') ?? 'State: X')
  return readdirSync('/proc').filter((name) => /^\d+$/.test(name) && !isOver(name))
}

/** The root directory of a process, as it is called here; undefined when it is gone, or we may not look at it. */
export function rootOf(pid: string): string | undefined {
  return unlessGone(() => readlinkSync(`/proc/${pid}/root`))
}

/** What the kernel says of a process, as latin1; undefined as for `rootOf`. */
export function processFile(pid: string, name: 'limits' | 'status'): string | undefined {
  return unlessGone(() => readFileSync(`/proc/${pid}/${name}`, 'latin1'))
}

function unlessGone(look: () => string): string | undefined {
  try {
    return look()
  } catch (error) {
    if (isSystemError(error, 'ENOENT', 'EACCES', 'EPERM', 'ESRCH')) return undefined
    throw error
  }
}

/** @returns false when there was nothing to kill */
export function killProcess(pid: string): boolean {
  try {
    return kill(Number(pid), 'SIGKILL')
  } catch (error) {
    if (isSystemError(error, 'ESRCH')) return false
    throw error
  }
}
