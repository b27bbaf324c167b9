import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process'
import type { Readable, Writable } from 'node:stream'
import { isSystemError } from '../../errors.ts'
import { endOf, exitOf, followProgress, killAll, sayGo } from './child.ts'
import { argumentsTooLong } from './failure.ts'
import type { Machine } from './machine.ts'
import type { OutputPipes } from './pipes.ts'
import type { SandboxOutput } from './sandbox.ts'
import { handle } from './script.ts'
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
  const streams: readonly (Readable | Writable | null | undefined)[] = child.stdio
  streams[handle.commandError]?.on('data', (bytes: Uint8Array) => output('stderr', bytes))
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

/** In the order of `handle`; one that was inherited is covered by /dev/null. */
function handles(writers: OutputPipes['writers'] | undefined, inherited: readonly number[]): SpawnOptions['stdio'] {
  const [stdout, stderr] = writers ?? ['pipe' as const, 'pipe' as const]
  const list: ('ignore' | 'pipe' | number)[] = ['ignore', stdout, 'pipe', 'pipe', 'pipe', stderr]
  for (const fd of inherited) {
    while (list.length <= fd) list.push('ignore')
  }
  return list
}

async function supervise(child: ChildProcess, connect: Launch['connect'], signal: AbortSignal): Promise<Ended> {
  const progress = followProgress(child)
  const ended = endOf(child)
  const stop = () => killAll(child, progress.init())
  signal.addEventListener('abort', stop, { once: true })
  let disconnect: (() => void) | undefined
  try {
    if (connect) {
      await Promise.race([progress.ready, ended])
      if (progress.init() !== undefined && child.pid !== undefined) disconnect = await connect(child.pid, signal)
    }
    sayGo(child)
    const { code, by } = await ended
    signal.throwIfAborted()
    return { exitCode: code, ...(by && { signal: by }), started: progress.started(), complaints: progress.complaints() }
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
