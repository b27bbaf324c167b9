import type { RunImageResult } from '../../index.ts'
import { errorReport, Reported } from '../error-text.ts'
import { exitCodeOf, exitCodes, isTsbuildError } from '../exit.ts'
import { FlagError } from '../flags/flag-error.ts'
import { type RunImageFlags, runImageOptions } from '../flags/run-image.ts'
import { checkFileFlag, replaceText } from '../replace-text.ts'
import type { Session } from '../session.ts'
import { commandIo, hasTerminal, userTerminal } from '../user-terminal.ts'
import { endAs, sayNotice } from './shell.ts'

/** Runs a command in an image, and ends with its exit status. */
export async function runCommand(
  session: Session,
  image: string,
  command: readonly string[],
  flags: RunImageFlags,
): Promise<void> {
  const { environment, err, signal } = session
  const options = runImageOptions(flags, environment.env)
  if (flags.tty && !hasTerminal(session)) {
    throw new FlagError('-t needs a terminal for standard input and output', 'leave -t out')
  }
  checkFileFlag('--cidfile', flags.cidfile)
  err.print(session.notes.map((note) => `note: ${note}\n`).join(''))
  const io = commandIo(session, flags.tty ? userTerminal(session) : undefined)
  const onEvent = (event: Parameters<typeof sayNotice>[0]) => sayNotice(event, session)
  const { runImage } = await session.library()
  const asked = { ...options, image, command, io: joined(io, flags), signal, onEvent }
  const result = await runImage(asked, environment).catch((error: unknown) => startFailed(error, session))
  if (result.container !== undefined) {
    await replaceText(flags.cidfile, result.container)
    const name = flags.name ?? result.container
    err.print(`kept for an hour as ${name}: tsbuild commit ${name} NAME (--rm keeps nothing)\n`)
  }
  endAs(result)
}

/** Without `-i` nothing that is typed or piped in gets to the command. */
function joined({ input, terminal, output }: ReturnType<typeof commandIo>, { interactive }: RunImageFlags) {
  if (interactive) return { output, ...(terminal ? { terminal } : input && { input }) }
  return { output, ...(terminal && { terminal: { ...terminal, onInput: () => () => {} } }) }
}

/** As docker has it: 127 when there is no such command, 126 when it cannot be executed, 125 when it is not the command's. */
function startFailed(error: unknown, { err, debug, signal }: Session): RunImageResult {
  if (signal.aborted) throw error
  err.print(errorReport(error, { prefix: '', debug, paint: err.paint }))
  if (isTsbuildError(error, 'TSB_COMMAND_NOT_FOUND')) throw new Reported(127)
  if (isTsbuildError(error, 'TSB_COMMAND_NOT_EXECUTABLE') || isTsbuildError(error, 'TSB_EXEC_FORMAT')) {
    throw new Reported(126)
  }
  const code = exitCodeOf(error)
  throw new Reported(code === exitCodes.failure ? exitCodes.usage : code)
}

export interface CommitFlags {
  readonly message?: string
  readonly author?: string
  readonly change: readonly string[]
}

/** Makes an image of what `tsbuild run` left, and prints its id. */
export async function commitCommand(
  session: Session,
  container: string,
  name: string | undefined,
  { message, author, change }: CommitFlags,
): Promise<void> {
  const { commit } = await session.library()
  const id = await commit(
    {
      container,
      changes: change,
      names: name === undefined ? [] : [name],
      ...(message !== undefined && { message }),
      ...(author !== undefined && { author }),
      signal: session.signal,
    },
    session.environment,
  )
  session.out.print(`${id}\n`)
}
