import { randomInt } from 'node:crypto'
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { kill } from 'node:process'
import { setTimeout as sleep } from 'node:timers/promises'
import { isSystemError } from '../../errors.ts'

/** The processes of one step, where no namespace holds them together. */
export interface StepProcesses {
  /** Options of `prlimit` for the first one, which all others inherit. */
  readonly marking: readonly string[]
  /** Kills all of them, until none is left. */
  end(): Promise<void>
}

/**
 * They are known by their root directory, and, since that of another user's process takes CAP_SYS_PTRACE to see, by a limit
 * that everybody may read: of the processor time of realtime processes, hundreds of years and a number of its own.
 * @param root absolute, without links
 */
export function stepProcesses(root: string): StepProcesses {
  const mark = isUnlimited() ? String(centuries + randomInt(2 ** 40)) : undefined
  const isOurs = (pid: string) => rootOf(pid) === root || (mark !== undefined && markOf(pid) === mark)
  return {
    marking: mark === undefined ? [] : [`--rttime=${mark}:${mark}`],
    async end() {
      while (running().filter((pid) => isOurs(pid) && tryKill(Number(pid))).length > 0) await sleep(10)
    },
  }
}

/** Microseconds. */
const centuries = 2 ** 52

function isUnlimited(): boolean {
  return markOf('self') === 'unlimited'
}

/** The hard limit. */
function markOf(pid: string): string | undefined {
  return read(`/proc/${pid}/limits`)?.match(/^Max realtime timeout\s+\S+\s+(\S+)/m)?.[1]
}

function rootOf(pid: string): string | undefined {
  return unlessGone(() => readlinkSync(`/proc/${pid}/root`))
}

/** Those that have ended stay listed until somebody asks how. */
function running(): readonly string[] {
  const isOver = (pid: string) => /^State:\s+[ZX]/m.test(read(`/proc/${pid}/status`) ?? 'State: X')
  return readdirSync('/proc').filter((name) => /^\d+$/.test(name) && !isOver(name))
}

function read(file: string): string | undefined {
  return unlessGone(() => readFileSync(file, 'latin1'))
}

/** Nothing of a process that is gone, or that we may not look at. */
function unlessGone(look: () => string): string | undefined {
  try {
    return look()
  } catch (error) {
    if (isSystemError(error, 'ENOENT', 'EACCES', 'EPERM', 'ESRCH')) return undefined
    throw error
  }
}

function tryKill(pid: number): boolean {
  try {
    return kill(pid, 'SIGKILL')
  } catch (error) {
    if (isSystemError(error, 'ESRCH')) return false
    throw error
  }
}
