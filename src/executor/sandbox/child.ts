import type { ChildProcess } from 'node:child_process'
import { kill } from 'node:process'
import type { Duplex, Readable } from 'node:stream'
import { isSystemError } from '../../errors.ts'
import { handle } from './script.ts'

/** How far a script is. */
export interface Progress {
  /** Its namespaces are there. */
  readonly ready: Promise<void>
  /** The first process in the namespaces, by the number it has here. */
  readonly init: () => number | undefined
  /** The command was begun. */
  readonly started: () => boolean
  /** What the helpers said on the way. */
  readonly complaints: () => string
}

/** As much of it as is kept, in characters. */
const textLimit = 65_536

/** Listens to what a script and its helpers say. */
export function followProgress(child: ChildProcess): Progress {
  const { promise: ready, resolve } = Promise.withResolvers<void>()
  const said = collect(child.stdio[handle.progress] as Readable)
  const complaints = collect(child.stdio[2] as Readable)
  const init = () => {
    const number = said.text().match(/^ready (\d+)\n/)?.[1]
    return number === undefined ? undefined : Number(number)
  }
  said.onText(() => {
    if (init() !== undefined) resolve()
  })
  return { ready, init, started: () => /^started$/m.test(said.text()), complaints: () => complaints.text().trim() }
}

function collect(stream: Readable) {
  let text = ''
  let listener = () => {}
  stream.setEncoding('utf8')
  stream.on('error', ignoreClosed)
  stream.on('data', (chunk: string) => {
    text = (text + chunk).slice(0, textLimit)
    listener()
  })
  return {
    text: () => text,
    onText: (call: () => void) => {
      listener = call
    },
  }
}

/** Ends when the process has ended and its pipes are read out. */
export function endOf(child: ChildProcess): Promise<{ readonly code: number; readonly by: NodeJS.Signals | null }> {
  const { promise, resolve, reject } = Promise.withResolvers<{ code: number; by: NodeJS.Signals | null }>()
  child.once('error', reject)
  child.once('close', (code, by) => resolve({ code: code ?? 128, by }))
  promise.catch(() => undefined) // whoever waits for it gets it; nobody may be waiting yet
  return promise
}

/** The first process is gone, or never was; others may be there, and hold its pipes. */
export function exitOf(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    child.once('exit', () => resolve())
    child.once('error', () => resolve())
  })
}

/** Lets the script go on to the command. */
export function sayGo(child: ChildProcess): void {
  const stream = child.stdio[handle.go] as Duplex
  stream.on('error', ignoreClosed)
  stream.end('go\n')
}

/** Milliseconds for all processes to die before the last means. */
const patience = 1000

/** Killing the first process of a pid namespace kills all others; `unshare` ends when they are gone. */
export function killAll(child: ChildProcess, init: number | undefined): void {
  if (child.exitCode !== null || child.signalCode !== null) return
  if (init === undefined) child.kill('SIGKILL')
  else killQuietly(init)
  const last = setTimeout(() => child.kill('SIGKILL'), patience)
  child.once('close', () => clearTimeout(last))
}

function killQuietly(pid: number): void {
  try {
    kill(pid, 'SIGKILL')
  } catch (error) {
    if (!isSystemError(error, 'ESRCH')) throw error
  }
}

function ignoreClosed(error: Error): void {
  if (!isSystemError(error, 'EPIPE', 'ECONNRESET')) throw error
}
