import { once } from 'node:events'
import { closeSync, openSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Command, CommandFailed, launch, run } from './command.ts'

/** A process as `/proc` showed it at one moment. */
export interface Process {
  readonly pid: number
  readonly parent: number
  readonly name: string
  /** When it began, in ticks: with the pid it names one process for good. */
  readonly began: number
  /** Where its memory lies; that of a child is the same until it has become another program. */
  readonly layout: string
  /** Resident memory in bytes. */
  readonly resident: number
}

export interface Peak {
  /** Resident memory of all processes together when that was the most, in bytes. */
  readonly bytes: number
  /** What it was made of. */
  readonly parts: readonly { readonly name: string; readonly bytes: number }[]
}

const intervalMs = 20

/** Runs a program to its end, and looks at its memory every 20 ms. */
export async function peakMemory(command: Command, log: string): Promise<Peak> {
  const pageBytes = Number(await run({ argv: ['getconf', 'PAGESIZE'] }))
  const output = openSync(log, 'w')
  try {
    const child = launch(command, ['ignore', output, output])
    const ended = once(child, 'exit')
    const family = new Family(child.pid ?? 0)
    let peak: Peak = { bytes: 0, parts: [] }
    while (child.exitCode === null && child.signalCode === null) {
      const now = memoryOf(family.members(allProcesses(pageBytes)).filter((process) => !isInStep(process.pid)))
      if (now.bytes > peak.bytes) peak = now
      const highest = highWater(child.pid ?? 0)
      if (highest > peak.bytes) peak = { bytes: highest, parts: [{ name: 'node, between two looks', bytes: highest }] }
      await Promise.race([sleep(intervalMs), ended])
    }
    const [code] = await ended
    if (code !== 0) throw new CommandFailed(command, `ended with ${code}`, readFileSync(log, 'utf8'))
    return peak
  } finally {
    closeSync(output)
  }
}

/** A process and all that come from it, also those that have lost their parent since they were seen. */
export class Family {
  readonly #known = new Map<number, number | undefined>()

  constructor(pid: number) {
    this.#known.set(pid, undefined)
  }

  members(processes: readonly Process[]): readonly Process[] {
    const byPid = new Map(processes.map((process) => [process.pid, process]))
    for (const [pid, began] of this.#known) {
      const now = byPid.get(pid)
      if (!now || (began !== undefined && began !== now.began)) this.#known.delete(pid)
      else this.#known.set(pid, now.began)
    }
    for (let grown = true; grown; ) {
      grown = false
      for (const { pid, parent, began } of processes) {
        if (this.#known.has(pid) || !this.#known.has(parent)) continue
        this.#known.set(pid, began)
        grown = true
      }
    }
    return processes.filter(({ pid }) => this.#known.has(pid))
  }
}

/**
 * The sum. A child that has not become another program yet stands on the pages of its parent: those count once. Pages that
 * different programs share, as those of libc, count for each.
 */
export function memoryOf(processes: readonly Process[]): Peak {
  const largest = new Map<string, Process>()
  for (const process of processes) {
    const other = largest.get(process.layout)
    if (!other || other.resident < process.resident) largest.set(process.layout, process)
  }
  const parts = [...largest.values()]
    // Node names its thread, and by that its process.
    .map(({ name, resident }) => ({ name: name === 'MainThread' ? 'node' : name, bytes: resident }))
    .sort((one, other) => other.bytes - one.bytes)
  return { bytes: parts.reduce((sum, part) => sum + part.bytes, 0), parts }
}

/** Reads a line of `/proc/PID/stat`. */
export function parseStat(line: string, pageBytes: number): Process {
  const open = line.indexOf('(')
  const close = line.lastIndexOf(')')
  const fields = line.slice(close + 2).split(' ')
  // The third field of proc(5) is the first here.
  const field = (number: number) => fields[number - 3] ?? ''
  return {
    pid: Number(line.slice(0, open)),
    name: line.slice(open + 1, close),
    parent: Number(field(4)),
    began: Number(field(22)),
    layout: [field(28), field(48), field(26)].join(':'),
    resident: Number(field(24)) * pageBytes,
  }
}

function allProcesses(pageBytes: number): readonly Process[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      const line = lookAt(() => readFileSync(`/proc/${pid}/stat`, 'utf8'))
      return line === undefined ? [] : [parseStat(line, pageBytes)]
    })
}

/** A process with a root of its own is the command of a RUN; what helps tsbuild has the root of the machine. */
function isInStep(pid: number): boolean {
  const its = lookAt(() => statSync(`/proc/${pid}/root/`))
  const ours = statSync('/')
  return its !== undefined && (its.dev !== ours.dev || its.ino !== ours.ino)
}

/** The most that one process has had resident so far. */
function highWater(pid: number): number {
  const status = lookAt(() => readFileSync(`/proc/${pid}/status`, 'utf8')) ?? ''
  return Number(/^VmHWM:\s+(\d+) kB/m.exec(status)?.[1] ?? 0) * 1024
}

const gone = new Set(['ENOENT', 'ESRCH', 'EACCES'])

/** Processes end while one looks at them. */
function lookAt<T>(look: () => T): T | undefined {
  try {
    return look()
  } catch (error) {
    if (error instanceof Error && 'code' in error && gone.has(String(error.code))) return undefined
    throw error
  }
}
