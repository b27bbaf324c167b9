import { closeSync, openSync, writeSync } from 'node:fs'
import { kill } from 'node:process'
import type { Readable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { isSystemError } from '../../errors.ts'
import { makePipe, type Pipe, reap, type Started, startProcess } from '../../syscalls/index.ts'
import { endOf, readerOf } from './pipes.ts'

/** A process of ours. */
export interface Child {
  readonly pid: number
  /** Its exit code when it has ended; 128 and more when it was killed. */
  readonly exit: Promise<number>
  readonly isOver: () => boolean
  /** Kills it, unless it has ended. */
  kill(): void
}

/**
 * Watches a process that `startProcess` started.
 * @param hint resolves when it has ended or is about to: from then on it is asked for
 */
export function watch(pid: number, hint: Promise<void>): Child {
  let over = false
  const exit = async (): Promise<number> => {
    await hint
    for (let wait = 0; ; wait = Math.min(wait + 1, longestWait)) {
      const found = reap(pid)
      if (found) {
        over = true
        return found.code ?? 128 + (found.signal ?? 0)
      }
      await sleep(wait)
    }
  }
  return {
    pid,
    exit: exit(),
    isOver: () => over,
    kill() {
      if (!over) killQuietly(pid)
    },
  }
}

/** Milliseconds between two looks at whether a process has ended. */
const longestWait = 20

/** A script and what it says on its way. */
export interface ScriptChild extends Child {
  /** Its namespaces are there. */
  readonly ready: Promise<void>
  /** The first process in the namespaces, by the number it has here. */
  readonly init: () => number | undefined
  /** The command was begun. */
  readonly started: () => boolean
  /** What the helpers said. */
  readonly complaints: () => string
  /** Gives it a line to read. */
  tell(line: string): void
  /** Lets it go on to the command: the last line it gets. After it comes nothing, until one of both ends. */
  go(): void
  /** It has ended, and what it said was read. */
  readonly closed: Promise<number>
}

/** As much of what it says as is kept, in characters. */
const textLimit = 65_536

/** The handles of a command; without `stdin` nothing comes in. */
export interface Stdio {
  readonly stdin?: number
  readonly stdout: number
  readonly stderr: number
}

/** Starts a script. As long as its first process runs, that holds the pipe on which it says how far it is. */
export function startScript(program: Omit<Started, 'handles'>, { stdin, stdout, stderr }: Stdio): ScriptChild {
  const [go, progress, complaints] = [makePipe(), makePipe(), makePipe()]
  // In the order of `handle`.
  const handles = [stdout, complaints.writer, go.reader, progress.writer, stderr]
  const pid = started([go, progress, complaints], () =>
    withNothing((empty) => startProcess({ ...program, handles: [stdin ?? empty, ...handles] })),
  )
  for (const fd of [go.reader, progress.writer, complaints.writer]) closeSync(fd)
  return follow(pid, readerOf(progress.reader), readerOf(complaints.reader), go.writer)
}

/** Nothing stays open when there is no child. */
function started(pipes: readonly Pipe[], start: () => number): number {
  try {
    return start()
  } catch (error) {
    for (const { reader, writer } of pipes) {
      closeSync(reader)
      closeSync(writer)
    }
    throw error
  }
}

/** Calls with a handle at which nothing comes in, and all that goes out is lost. */
export function withNothing<T>(call: (empty: number) => T): T {
  const empty = openSync('/dev/null', 'r+')
  try {
    return call(empty)
  } finally {
    closeSync(empty)
  }
}

function follow(pid: number, progress: Readable, complaints: Readable, go: number): ScriptChild {
  const { promise: ready, resolve } = Promise.withResolvers<void>()
  const [said, complained] = [collect(progress), collect(complaints)]
  const init = () => {
    const number = said.text().match(/^ready (\d+)\n/)?.[1]
    return number === undefined ? undefined : Number(number)
  }
  said.onText(() => {
    if (init() !== undefined) resolve()
  })
  const child = watch(pid, said.end)
  let open: number | undefined = go
  const leave = () => {
    if (open !== undefined) closeSync(open)
    open = undefined
  }
  const closed = async () => {
    const exit = await child.exit
    await complained.end
    leave()
    return exit
  }
  return {
    ...child,
    ready,
    init,
    started: () => /^started$/m.test(said.text()),
    complaints: () => complained.text().trim(),
    closed: closed(),
    tell(line) {
      if (open !== undefined) write(open, line)
    },
    go() {
      if (open !== undefined) write(open, 'go')
    },
  }
}

function write(fd: number, line: string): void {
  try {
    writeSync(fd, `${line}\n`)
  } catch (error) {
    if (!isSystemError(error, 'EPIPE')) throw error
  }
}

function collect(stream: Readable) {
  let text = ''
  let listener = () => {}
  stream.setEncoding('utf8')
  stream.on('data', (chunk: string) => {
    text = (text + chunk).slice(0, textLimit)
    listener()
  })
  return {
    text: () => text,
    onText: (call: () => void) => {
      listener = call
    },
    end: endOf(stream),
  }
}

/** Milliseconds for all processes to die before the last means. */
const patience = 1000

/** Killing the first process of a pid namespace kills all others; `unshare` ends when they are gone. */
export function killAll(child: ScriptChild): void {
  if (child.isOver()) return
  const init = child.init()
  if (init === undefined) child.kill()
  else killQuietly(init)
  const last = setTimeout(child.kill, patience)
  void child.exit.finally(() => clearTimeout(last))
}

function killQuietly(pid: number): void {
  signalQuietly(pid, 'SIGKILL')
}

/** Sends a signal to a process that may have ended. */
export function signalQuietly(pid: number, signal: NodeJS.Signals): void {
  try {
    kill(pid, signal)
  } catch (error) {
    if (!isSystemError(error, 'ESRCH')) throw error
  }
}
