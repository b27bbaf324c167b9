import { readdirSync, readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'

/** Numbers of the processes of this machine that have this text on their command line. */
export function processesWith(text: string): readonly number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && commandLineOf(name).includes(text))
    .map(Number)
}

/** Names of the programs that a process has started itself and that run still, or are not reaped. */
export function childrenOf(parent: number): readonly string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      const [, name = '', ppid = ''] = /^\d+ \((.*)\) \S (\d+)/s.exec(statOf(pid)) ?? []
      return Number(ppid) === parent ? [name] : []
    })
}

/** Waits, at most 10 seconds, until a question is answered with yes. */
export async function until(question: () => boolean): Promise<boolean> {
  for (let tries = 0; tries < 500; tries++) {
    if (question()) return true
    await sleep(20)
  }
  return false
}

function statOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'latin1')
  } catch {
    return '' // it ended while we looked
  }
}

function commandLineOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'latin1').replaceAll('\0', ' ')
  } catch {
    return '' // it ended while we looked
  }
}
