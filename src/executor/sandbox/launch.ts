import { setTimeout as sleep } from 'node:timers/promises'
import { isSystemError } from '../../errors.ts'
import { joinNewKeyring } from '../../syscalls/index.ts'
import { killAll, type ScriptChild, type Stdio, startScript } from './child.ts'
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
  /** Handles of the command that are not what every command gets. */
  readonly stdio?: Partial<Stdio>
  /** Ends what the first process leaves behind, where no namespace does that; as long as it runs, output may come. */
  readonly sweep?: () => Promise<void>
  /** Runs when the namespaces are there and before the script passes `go`; what it returns is closed at the end. */
  readonly connect?: (pid: number, signal: AbortSignal) => Promise<Connection>
  /** Instead: that of a launch which has ended. It is in none of `namespaces`. */
  readonly connected?: Connection
}

/** A network namespace with a way out. */
export interface Connection {
  /** The namespace as a file that can be entered, until it is closed; undefined where that cannot be. */
  readonly namespace: string | undefined
  /** True while the way out is there, and nothing in the namespace is left of who used it. */
  isFresh(): boolean
  close(): void
}

/** What a launch does not have to know before it is run. */
export interface Work {
  /** What the script reads before `go`, without the end of its last line. */
  readonly lines?: string
  /** Who may open the output of the command by name. */
  readonly owner?: { readonly uid: number; readonly gid: number }
  /** Gets the first process in the namespaces, by the number it has here, before the script passes `go`. */
  readonly admit?: ((init: number) => void) | undefined
  /** Gets the connection when all has ended, in place of its being closed. */
  readonly keep?: ((connection: Connection) => void) | undefined
}

/** A script that has begun, and waits at `go`, or before it for its lines. One of both is to be called, once. */
export interface Begun {
  /** As `launch`. */
  run(work: Work, output: SandboxOutput, signal: AbortSignal): Promise<Ended>
  /** Kills it. */
  end(): void
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
 * Runs a script that dies with tsbuild, in a session of its own, with a fixed environment. When it returns,
 * no process of it is left.
 * @throws the reason of the signal
 */
export async function launch(
  tools: Tools,
  machine: Machine,
  what: Launch & Work,
  output: SandboxOutput,
  signal: AbortSignal,
): Promise<Ended> {
  signal.throwIfAborted()
  return await begin(tools, machine, what).run(what, output, signal)
}

/**
 * The first half of `launch`: the script, its namespaces and what `connect` does.
 * @throws {TsbuildError} TSB_ARGUMENTS_TOO_LONG
 */
export function begin(tools: Tools, machine: Machine, what: Launch): Begun {
  const pipes = openPipes()
  const child = start(tools, machine, what, pipes)
  const cut = new AbortController()
  const connected = what.connected ? Promise.resolve(what.connected) : connect(child, what.connect, cut.signal)
  connected.catch(() => undefined) // whoever runs it gets it
  const end = () => {
    cut.abort()
    killAll(child)
  }
  const disconnect = (keep: Work['keep']) =>
    void connected.then(
      (connection) => connection && (keep ? keep(connection) : connection.close()),
      () => undefined,
    )
  return {
    async run(work, output, signal) {
      if (work.owner) pipes.giveTo(work.owner)
      const drained = pipes.drain(output)
      const swept = what.sweep && child.exit.then(what.sweep)
      signal.addEventListener('abort', end, { once: true })
      let hasEnded = false
      try {
        if (signal.aborted) end()
        const ended = await supervise(child, work, connected, signal)
        hasEnded = true
        return ended
      } catch (error) {
        end()
        await child.closed
        signal.throwIfAborted()
        throw error
      } finally {
        disconnect(hasEnded ? work.keep : undefined)
        signal.removeEventListener('abort', end)
        await Promise.all([drained, swept])
      }
    },
    end() {
      end()
      disconnect(undefined)
      pipes.close()
    },
  }
}

function start(tools: Tools, machine: Machine, what: Launch, pipes: OutputPipes) {
  const { namespaces, script, args, cwd, connected, stdio } = what
  const [stdout, stderr] = pipes.writers
  const enter = connected ? [tools.need('nsenter'), `--net=${connected.namespace}`, '--'] : []
  const unshare = [tools.need('unshare'), ...namespaces, '--fork', '--kill-child=KILL', '--']
  const command = [...enter, ...(namespaces.length > 0 ? unshare : []), '/bin/sh', '-c', script, cwd, ...args]
  try {
    // Those of runc and crun have the name of the container, by which the next one would find them.
    joinNewKeyring()
    return startScript(
      {
        program: tools.need('setpriv'),
        args: ['--pdeathsig', 'KILL', '--', ...command],
        env: tools.env,
        closed: machine.inheritedHandles,
      },
      { stdout, stderr, ...stdio },
    )
  } catch (error) {
    pipes.close()
    throw isSystemError(error, 'E2BIG') ? argumentsTooLong(error) : error
  }
}

/** What is to be closed in the end; nothing when there is nothing to connect, or the script ended before. */
async function connect(
  child: ScriptChild,
  way: Launch['connect'],
  signal: AbortSignal,
): Promise<Connection | undefined> {
  if (!way) return undefined
  await Promise.race([child.ready, child.closed])
  return child.init() === undefined ? undefined : await way(child.pid, signal)
}

/** Milliseconds until a script that has ended is known to have. */
const patience = 1000

async function supervise(
  child: ScriptChild,
  { lines, admit }: Work,
  connected: Promise<unknown>,
  signal: AbortSignal,
): Promise<Ended> {
  if (lines !== undefined) child.tell(lines)
  if (admit) {
    await Promise.race([child.ready, child.closed])
    const init = child.init()
    if (init !== undefined) admit(init)
  }
  await connected.catch(async (error: unknown) => {
    // Where the script has ended by itself there was nothing to connect, and what it said is why.
    await Promise.race([child.closed, sleep(patience, undefined, { ref: false })])
    if (!child.isOver() || child.complaints() === '') throw error
  })
  child.go()
  const exitCode = await child.closed
  signal.throwIfAborted()
  return { exitCode, started: child.started(), complaints: child.complaints() }
}
