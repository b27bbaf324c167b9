import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process'
import { kill } from 'node:process'
import type { Duplex } from 'node:stream'
import { isSystemError } from '../../errors.ts'
import { argumentsTooLong } from './failure.ts'
import type { Machine } from './machine.ts'
import type { OutputPipes } from './pipes.ts'
import type { SandboxOutput } from './sandbox.ts'
import type { Tools } from './tools.ts'

/** A shell script to run in fresh namespaces, and what is to be around it. */
export interface Launch {
  /** Options of `unshare` for the namespaces; none: no namespaces at all. */
  readonly namespaces: readonly string[]
  /** Fixed text, begun with `preamble`: whatever a user chose comes in `args` and files. */
  readonly script: string
  readonly args: readonly string[]
  readonly cwd: string
  /** For what the command prints, when it may open its output by name; absent: whatever Node gives a child. */
  readonly pipes?: OutputPipes
  /** Ends what the first process leaves behind, where no namespace does that; as long as it runs, output may come. */
  readonly sweep?: () => Promise<void>
  /** Runs when the namespaces are there and before the script passes `go`; what it returns is called at the end. */
  readonly connect?: (pid: number, signal: AbortSignal) => Promise<() => void>
}

/** How it ended. */
export interface Ended {
  readonly exitCode: number
  readonly signal?: NodeJS.Signals
  /** False: the command itself was never begun, and `complaints` says why. */
  readonly started: boolean
  readonly complaints: string
}

/**
 * What every script begins with. Handle 4 tells tsbuild how far it is, handle 3 holds it until tsbuild says `go`: end of
 * file there means that tsbuild is gone, also when it died before the child had asked to die with it.
 */
export const preamble = `
umask 022
read -r pid rest </proc/self/stat
echo "ready $pid" >&4
go() { read -r word <&3 || exit 125; echo started >&4; }
`

/** Milliseconds for all processes to die before the last means. */
const patience = 1000

/**
 * Runs a script that dies with tsbuild, in a session of its own, without input, with a fixed environment. When it returns,
 * no process of it is left.
 * @throws the reason of the signal
 */
export async function launch(
  tools: Tools,
  machine: Machine,
  what: Launch,
  output: SandboxOutput,
  signal: AbortSignal,
): Promise<Ended> {
  const { pipes, sweep, connect } = what
  const child = start(tools, machine, what, signal)
  const drained = pipes?.drain(output)
  const swept = sweep && exitOf(child).then(sweep)
  child.stdout?.on('data', (bytes: Uint8Array) => output('stdout', bytes))
  child.stderr?.on('data', (bytes: Uint8Array) => output('stderr', bytes))
  try {
    return await supervise(child, connect, signal)
  } finally {
    await Promise.all([drained, swept])
  }
}

/** @throws {TsbuildError} TSB_ARGUMENTS_TOO_LONG */
function start(
  tools: Tools,
  machine: Machine,
  { namespaces, script, args, cwd, pipes }: Launch,
  signal: AbortSignal,
): ChildProcess {
  const unshare = [tools.need('unshare'), ...namespaces, '--fork', '--kill-child=KILL', '--']
  const command = [...(namespaces.length > 0 ? unshare : []), '/bin/sh', '-c', script, 'sh', ...args]
  try {
    signal.throwIfAborted()
    return spawn(tools.need('setpriv'), ['--pdeathsig', 'KILL', '--', ...command], {
      cwd,
      env: { ...tools.env },
      detached: true,
      stdio: handles(pipes?.writers, machine.inheritedHandles),
    })
  } catch (error) {
    pipes?.close()
    throw isSystemError(error, 'E2BIG') ? argumentsTooLong(error) : error
  }
}

/** 0 is /dev/null, 3 is `go`, 4 is the progress; an inherited handle is covered by /dev/null. */
function handles(writers: OutputPipes['writers'] | undefined, inherited: readonly number[]): SpawnOptions['stdio'] {
  const list: ('ignore' | 'pipe' | number)[] = [
    'ignore',
    writers?.[0] ?? 'pipe',
    writers?.[1] ?? 'pipe',
    'pipe',
    'pipe',
  ]
  for (const fd of inherited) {
    while (list.length <= fd) list.push('ignore')
  }
  return list
}

async function supervise(child: ChildProcess, connect: Launch['connect'], signal: AbortSignal): Promise<Ended> {
  const progress = followProgress(child)
  const ended = endOf(child)
  const stop = () => killAll(child, progress.init)
  signal.addEventListener('abort', stop, { once: true })
  let disconnect: (() => void) | undefined
  try {
    if (connect) {
      await Promise.race([progress.ready, ended])
      if (progress.init !== undefined && child.pid !== undefined) disconnect = await connect(child.pid, signal)
    }
    sayGo(child)
    const { code, by } = await ended
    signal.throwIfAborted()
    return { exitCode: code, ...(by && { signal: by }), started: progress.started, complaints: progress.complaints() }
  } catch (error) {
    stop()
    await ended
    signal.throwIfAborted()
    throw error
  } finally {
    disconnect?.()
    signal.removeEventListener('abort', stop)
  }
}

interface Progress {
  readonly ready: Promise<void>
  /** The first process in the namespaces, by the number it has here. */
  init: number | undefined
  started: boolean
  complaints(): string
}

function followProgress(child: ChildProcess): Progress {
  const stream = child.stdio[4] as Duplex
  const { promise: ready, resolve } = Promise.withResolvers<void>()
  let text = ''
  const progress: Progress = {
    ready,
    init: undefined,
    started: false,
    complaints: () => text.replace(/^(ready.*|started)\n/gm, '').trim(),
  }
  stream.setEncoding('utf8')
  stream.on('error', ignoreClosed)
  stream.on('data', (chunk: string) => {
    text = (text + chunk).slice(-65_536)
    progress.started ||= /^started$/m.test(text)
    const init = progress.init === undefined ? text.match(/^ready (\d+)\n/)?.[1] : undefined
    if (init === undefined) return
    progress.init = Number(init)
    resolve()
  })
  return progress
}

/** Ends when the process has ended and its pipes are read out. */
function endOf(child: ChildProcess): Promise<{ readonly code: number; readonly by: NodeJS.Signals | null }> {
  const { promise, resolve, reject } = Promise.withResolvers<{ code: number; by: NodeJS.Signals | null }>()
  child.once('error', reject)
  child.once('close', (code, by) => resolve({ code: code ?? 128, by }))
  promise.catch(() => undefined) // whoever waits for it gets it; nobody may be waiting yet
  return promise
}

/** The first process is gone, or never was; others may be there, and hold its pipes. */
function exitOf(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    child.once('exit', () => resolve())
    child.once('error', () => resolve())
  })
}

function sayGo(child: ChildProcess): void {
  const stream = child.stdio[3] as Duplex
  stream.on('error', ignoreClosed)
  stream.end('go\n')
}

/** Killing the first process of a pid namespace kills all others; `unshare` ends when they are gone. */
function killAll(child: ChildProcess, init: number | undefined): void {
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
