import { setTimeout as sleep } from 'node:timers/promises'
import { isSystemError } from '../errors.ts'
import { killProcess, rootOf, runningProcesses } from '../processes.ts'

/**
 * Kills the processes whose root directory is below a folder that nobody has any more: steps in a changed root that were not
 * ended with their tsbuild. Whoever only works in there is left alone, and so is what belongs to others.
 * @param folder absolute, without links
 */
export async function endProcessesBelow(folder: string): Promise<void> {
  for (let round = 0; round < rounds; round++) {
    const killed = runningProcesses().filter((pid) => isBelow(pid, folder) && tryKill(pid))
    if (killed.length === 0) return
    await sleep(10)
  }
}

/** As often as it is tried: they may start others as fast. */
const rounds = 100

function isBelow(pid: string, folder: string): boolean {
  return rootOf(pid)?.startsWith(`${folder}/`) ?? false
}

function tryKill(pid: string): boolean {
  try {
    return killProcess(pid)
  } catch (error) {
    if (isSystemError(error, 'EPERM')) return false
    throw error
  }
}
