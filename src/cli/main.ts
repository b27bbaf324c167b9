import { homedir } from 'node:os'
import process from 'node:process'
import type { Command } from 'commander'
import { errorReport, Reported } from './error-text.ts'
import { exitCodeOf, exitCodes, firstError } from './exit.ts'
import { library } from './library.ts'
import { enterUserNamespace, namespaceNote } from './namespace.ts'
import { createOutput, type Output } from './output.ts'
import { createProgram, readWords, runProgram } from './program/program.ts'
import type { Run } from './program/run.ts'
import { missingRoot, storeRoot } from './root.ts'
import type { Session } from './session.ts'
import { configFile } from './settings/settings.ts'
import { watchSignals } from './signals.ts'

export { withFlagsOfStart } from './small-heap.ts'

/**
 * Runs the command line of this process, to the end of the process.
 * @param ended called when all is written, with the command that ran: `['builds', 'show']`
 */
export async function main(ended: (command: readonly string[]) => void = () => {}): Promise<void> {
  const out = createOutput(process.stdout, process.env)
  const err = createOutput(process.stderr, process.env)
  for (const stream of [process.stdout, process.stderr]) stream.on('error', ignoreBrokenPipe)
  const signal = watchSignals(process, (exitCode) => process.exit(exitCode))
  process.on('uncaughtException', (error) => {
    err.print(errorReport(error, { prefix: '', debug: true, paint: err.paint }))
    process.exit(exitCodeOf(error))
  })
  // It ends below. When nothing is left to wait for before that, some of it was waited for in vain: that is no success.
  process.once('beforeExit', () => {
    const error = new Error('the work stopped before it was done')
    err.print(errorReport(error, { prefix: '', debug: false, paint: err.paint }))
    process.exit(exitCodes.internal)
  })
  let named: readonly string[] = []
  const status = await runMain(out, err, signal, (names) => {
    named = names
  })
  await Promise.all([flushed(process.stdout), flushed(process.stderr)])
  ended(named)
  process.exit(status)
}

/** @param began called with the command, once it is known */
async function runMain(
  out: Output,
  err: Output,
  signal: AbortSignal,
  began: (command: readonly string[]) => void,
): Promise<number> {
  const debug = () => program.opts()['debug'] === true || Boolean(process.env['TSBUILD_DEBUG'])
  let named: readonly string[] = []
  const run: Run = async (touches, work) => {
    const session = openSession(touches, { out, err, signal, debug: debug() }, program.opts())
    const { root, env } = session.environment
    const warning = (state: 'begins' | 'failed') =>
      missingRoot(named[0] ?? '', state, root, { flag: program.opts()['root'], env })
    const ifFailed = warning('failed')
    err.print(warning('begins'))
    await work(session).catch((error: unknown) => {
      if (!(error instanceof Reported) || error.exitCode === exitCodes.trouble) err.print(ifFailed)
      throw error
    })
  }
  const words = readWords(process.argv.slice(2))
  const program = createProgram(run, out.print, words, (_program, command) => {
    named = namesOf(command)
    began(named)
    return settings(program, command, err)
  })
  try {
    if (words[0] === '__complete') {
      const { completeCommand } = await import('./completion/command.ts')
      await run('documents', (session) => completeCommand(session, program, words.slice(1)))
    } else await runProgram(program, words)
    return exitCodes.success
  } catch (error) {
    if (error instanceof Reported) return error.exitCode
    const reason = signal.aborted ? signal.reason : firstError(error)
    err.print(errorReport(reason, { prefix: '', debug: debug(), paint: err.paint }))
    return exitCodeOf(reason)
  }
}

/** `['builds', 'show']` */
function namesOf(command: Command): readonly string[] {
  return command.parent ? [...namesOf(command.parent), command.name()] : []
}

/** What a config file says. It is looked for here alone, and loaded when there is one. */
async function settings(program: Command, command: Command, err: Output): Promise<void> {
  const { env } = process
  const notes: string[] = []
  const file = configFile(program, { env, cwd: process.cwd(), uid: process.getuid?.() }, (note) => notes.push(note))
  // What this program becomes in a user namespace, where owners are others, takes the same file.
  env['TSBUILD_CONFIG'] = file ?? 'none'
  if (file === undefined && notes.length === 0) return
  const { applyConfig, takesDefaults } = await import('./settings/apply.ts')
  if (!takesDefaults(command)) return
  for (const note of notes) err.print(note)
  if (file !== undefined) await applyConfig(file, program, command, { env, cwd: process.cwd() })
}

function openSession(
  touches: Parameters<Run>[0],
  facts: Pick<Session, 'out' | 'err' | 'signal' | 'debug'>,
  flags: { readonly root?: string },
): Session {
  const { env } = process
  const uid = process.getuid?.() ?? 0
  const root = storeRoot({ flag: flags.root, env, cwd: process.cwd(), uid, home: homedir() })
  const command = [process.execPath, ...process.execArgv, ...process.argv.slice(1)]
  const userNamespace = touches === 'trees' ? enterUserNamespace({ command, env, uid, root }) : undefined
  const note = namespaceNote(userNamespace?.kind)
  return {
    ...facts,
    environment: {
      root,
      cwd: process.cwd(),
      arch: process.arch,
      env,
      now: Date.now,
      stdout: process.stdout,
      // Opened when it is read: it would take a terminal's input from whoever comes next.
      get stdin() {
        return process.stdin
      },
    },
    notes: note === undefined ? [] : [note],
    ...(userNamespace && { userNamespace }),
    library: async () => library,
  }
}

/** Who reads us has stopped (`tsbuild history app | head -1`): the work goes on, and ends with its own status. */
function ignoreBrokenPipe(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error
}

function flushed(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => {
    stream.write('', () => resolve())
  })
}
