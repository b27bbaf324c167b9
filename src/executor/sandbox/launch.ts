import { isSystemError } from '../../errors.ts'
import { killAll, type ScriptChild, startScript } from './child.ts'
import { argumentsTooLong } from './failure.ts'
import type { Machine } from './machine.ts'
import { type OutputPipes, openPipes } from './pipes.ts'
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
  /** Who may open the output of the command by name. */
  readonly owner?: { readonly uid: number; readonly gid: number }
  /** Ends what the first process leaves behind, where no namespace does that; as long as it runs, output may come. */
  readonly sweep?: () => Promise<void>
  /** Gets the first process in the namespaces, by the number it has here, before the script passes `go`. */
  readonly admit?: (init: number) => void
  /** Runs when the namespaces are there and before the script passes `go`; what it returns is called at the end. */
  readonly connect?: (pid: number, signal: AbortSignal) => Promise<() => void>
}

/** How it ended. */
export interface Ended {
  /** 128 and more when it was killed. */
  readonly exitCode: number
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
  signal.throwIfAborted()
  const { sweep } = what
  const pipes = openPipes(what.owner)
  const child = start(tools, machine, what, pipes)
  const drained = pipes.drain(output)
  const swept = sweep && child.exit.then(sweep)
  try {
    return await supervise(child, what, signal)
  } finally {
    await Promise.all([drained, swept])
  }
}

/** @throws {TsbuildError} TSB_ARGUMENTS_TOO_LONG */
function start(tools: Tools, machine: Machine, { namespaces, script, args, cwd }: Launch, pipes: OutputPipes) {
  const unshare = [tools.need('unshare'), ...namespaces, '--fork', '--kill-child=KILL', '--']
  const command = [...(namespaces.length > 0 ? unshare : []), '/bin/sh', '-c', script, cwd, ...args]
  try {
    return startScript(
      {
        program: tools.need('setpriv'),
        args: ['--pdeathsig', 'KILL', '--', ...command],
        env: tools.env,
        closed: machine.inheritedHandles,
      },
      pipes.writers,
    )
  } catch (error) {
    pipes.close()
    throw isSystemError(error, 'E2BIG') ? argumentsTooLong(error) : error
  }
}

async function supervise(child: ScriptChild, { admit, connect }: Launch, signal: AbortSignal): Promise<Ended> {
  const stop = () => killAll(child)
  signal.addEventListener('abort', stop, { once: true })
  let disconnect: (() => void) | undefined
  try {
    if (admit || connect) {
      await Promise.race([child.ready, child.closed])
      const init = child.init()
      if (init !== undefined) {
        admit?.(init)
        disconnect = await connect?.(child.pid, signal)
      }
    }
    child.go()
    const exitCode = await child.closed
    signal.throwIfAborted()
    return { exitCode, started: child.started(), complaints: child.complaints() }
  } catch (error) {
    stop()
    await child.closed
    signal.throwIfAborted()
    throw error
  } finally {
    disconnect?.()
    signal.removeEventListener('abort', stop)
  }
}
