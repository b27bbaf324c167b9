import type { BuildEvent, BuildOptions, CommandResult, FailedStep } from '../../index.ts'
import { visible } from '../../text/index.ts'
import { Reported } from '../error-text.ts'
import { FlagError } from '../flags/flag-error.ts'
import { readSecrets } from '../flags/secret.ts'
import { readSsh } from '../flags/ssh.ts'
import type { Session } from '../session.ts'
import { commandIo, hasTerminal } from '../user-terminal.ts'

export interface ShellFlags {
  readonly secret: readonly string[]
  readonly ssh: readonly string[]
}

/** What has to be given again to whoever looks into a step. */
export function givenAgain(
  { secret, ssh }: ShellFlags,
  { environment: { env } }: Session,
): Pick<Required<BuildOptions>, 'secrets' | 'ssh'> {
  return { secrets: readSecrets(secret, env), ssh: ssh.map(readSsh) }
}

/** Runs a shell, or a command, in the files of a step, and ends with its exit status. */
export async function shellCommand(
  session: Session,
  step: string | undefined,
  command: readonly string[] | undefined,
  flags: ShellFlags,
): Promise<void> {
  const { environment, signal } = session
  const { shell } = await session.library()
  const result = await shell(
    {
      ...givenAgain(flags, session),
      ...(step !== undefined && { step }),
      ...(command && { command }),
      io: commandIo(session),
      signal,
      onEvent: (event) => sayNotice(event, session),
    },
    environment,
  )
  endAs(result)
}

/** Before a build that may want a shell. @throws {FlagError} */
export function checkShell(onError: string | undefined, session: Session): void {
  if (onError !== 'shell' || hasTerminal(session)) return
  throw new FlagError(
    '--on-error=shell needs a terminal for standard input and output',
    'leave it out: tsbuild shell looks into the failed step later, tsbuild shell -- COMMAND without a terminal',
  )
}

/** The shell of `--on-error=shell`: its own end changes nothing. */
export async function failedShell(step: FailedStep, session: Session): Promise<void> {
  const { err } = session
  err.print(`\n${err.paint('red', 'failed:')} ${visible(step.label)}: ${visible(step.message)}\n`)
  err.print('a shell in the step as it was (its changes are not kept); exit ends the build\n')
  await step.enter(commandIo(session))
}

/** Says what a user ought to know of how a command is run. */
export function sayNotice(event: BuildEvent, { err }: Session): void {
  if (event.type === 'notice') err.print(`${visible(event.message)}\n`)
}

/** Ends this program as a command ended. */
export function endAs({ exitCode }: CommandResult): void {
  if (exitCode !== 0) throw new Reported(exitCode)
}
