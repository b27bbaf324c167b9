import type { CommandIo, CommandResult } from '../debug-options.ts'
import { enterRun, type HostBind, type LeftRun, onTerminal, withPipedInput } from '../executor/index.ts'
import type { Mount } from '../graph/index.ts'
import type { Layer } from '../image/index.ts'
import type { KeptRun, RunHow } from '../kept/index.ts'
import type { Environment } from '../options.ts'
import { type RunOptions, runPorts } from './ports.ts'
import { readSeccomp } from './seccomp.ts'
import type { Session } from './session.ts'

/** A place to run a command in. */
export interface Place {
  readonly run: LeftRun
  readonly how: RunHow
  /** What is above the files that the run began with. */
  readonly above: readonly Layer[]
}

export interface EnterOptions {
  readonly io: CommandIo
  readonly binds?: readonly HostBind[]
  readonly after?: Parameters<typeof enterRun>[2]['after']
  readonly onEvent?: RunOptions['onEvent'] | undefined
  readonly signal?: AbortSignal | undefined
}

/** Runs a command in a place, in the sandbox that a RUN there has. */
export async function enterPlace(
  { run, how, above }: Place,
  argv: readonly string[],
  options: EnterOptions,
  session: Session,
  environment: Environment,
): Promise<CommandResult> {
  const { io, binds, after, onEvent, signal } = options
  const { seccomp, cacheMountFolders: folders, ...rules } = how
  const asked = await readSeccomp(seccomp, environment)
  const ports = {
    ...runPorts(
      session,
      { ...rules, ...(onEvent && { onEvent }), ...(signal && { signal }) },
      environment,
      asked?.seccomp,
    ),
    sources: noSources,
    ...(folders && { cache: { ...session.cache, hostMount: (id: string) => folders[id] } }),
  }
  const env = io.terminal ? withTerm(run.op.env) : run.op.env
  const command: LeftRun = { ...run, op: { ...run.op, argv, env, mounts: run.op.mounts.map(optional) } }
  const entering = { above, output: io.output, ...(binds && { binds }), ...(after && { after }) }
  if (io.terminal) return onTerminal(io.terminal, (input) => enterRun(command, ports, { ...entering, input }))
  if (io.input === undefined) return enterRun(command, ports, entering)
  return withPipedInput(io.input, (input) => enterRun(command, ports, { ...entering, input }))
}

/** What is not kept is there when it is given again. */
function optional(mount: Mount): Mount {
  return mount.kind === 'secret' || mount.kind === 'ssh' ? { ...mount, required: false } : mount
}

/** As `docker run -t` has it. */
function withTerm(env: readonly string[]): readonly string[] {
  return env.some((variable) => variable.startsWith('TERM=')) ? env : [...env, 'TERM=xterm']
}

const nothing = async (): Promise<never> => {
  throw new Error('nothing is read from outside here')
}
const noSources = { context: nothing, image: nothing, remote: nothing }

/** The shell that the command of a RUN was given to. */
export function shellOf({ op: { argv } }: Pick<KeptRun['run'], 'op'>): readonly string[] {
  const [program = '', option = ''] = argv
  return argv.length > 2 && /^-\w*c$/.test(option) && /(^|\/)\w*sh$/.test(program) ? [program] : ['/bin/sh']
}
