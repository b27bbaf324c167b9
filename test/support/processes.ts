import { readdirSync, readFileSync } from 'node:fs'
import { kill } from 'node:process'
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

/** Processes by their numbers and when they began: all that come from one, in any generation. */
export function descendantsOf(ancestor: number): readonly ProcessId[] {
  const known = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((name) => ({ pid: Number(name), ...parentOf(name) }))
  const found: ProcessId[] = []
  for (let parents = [ancestor]; parents.length > 0; ) {
    const children = known.filter(({ parent }) => parent !== undefined && parents.includes(parent))
    found.push(...children)
    parents = children.map(({ pid }) => pid)
  }
  return found
}

/** A number is given again to others. */
export interface ProcessId {
  readonly pid: number
  readonly began: string | undefined
}

export function isAlive({ pid, began }: ProcessId): boolean {
  return parentOf(String(pid)).began === began && began !== undefined
}

/** Ends what is left of them. */
export function killThose(processes: readonly ProcessId[]): void {
  for (const found of processes.filter(isAlive)) kill(found.pid, 'SIGKILL')
}

function parentOf(pid: string): { readonly parent: number | undefined; readonly began: string | undefined } {
  const fields = statOf(pid)
    .replace(/^.*\) /s, '')
    .split(' ')
  return { parent: fields[1] === undefined ? undefined : Number(fields[1]), began: fields[19] }
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
