import { isSystemError, TsbuildError } from '../../errors.ts'
import { leadsAway } from './nested-mounts.ts'
import type { SandboxOutput, SandboxSpec } from './sandbox.ts'

/** As much as the complaint of a program can be, in bytes. */
const complaintLimit = 16 * 1024

/**
 * Passes output on, but keeps it back when it begins with what looks like a complaint of the program that starts the
 * command, until it is known whether it is one.
 */
export function withholdComplaints(output: SandboxOutput, prefixes: readonly string[]) {
  const kept: Uint8Array[] = []
  let state: 'nothing yet' | 'keeping' | 'passing' = 'nothing yet'
  const release = () => {
    state = 'passing'
    for (const bytes of kept.splice(0)) output('stderr', bytes)
  }
  return {
    output: ((stream, bytes) => {
      if (state === 'nothing yet') state = stream === 'stderr' && begins(bytes, prefixes) ? 'keeping' : 'passing'
      if (state === 'keeping' && (stream === 'stdout' || sizeOf(kept) > complaintLimit)) release()
      if (state === 'keeping') kept.push(bytes)
      else output(stream, bytes)
    }) satisfies SandboxOutput,
    complaint: () => Buffer.concat(kept).toString().trim(),
    release,
  }
}

function begins(bytes: Uint8Array, prefixes: readonly string[]): boolean {
  const text = Buffer.from(bytes).toString()
  return prefixes.some((prefix) => text.startsWith(prefix))
}

function sizeOf(pieces: readonly Uint8Array[]): number {
  return pieces.reduce((sum, piece) => sum + piece.length, 0)
}

/** What went wrong when the command could not be started, from the words of the program that tried to. */
export function startFailure(form: string, { argv }: SandboxSpec, complaint: string): TsbuildError {
  const command = argv[0] ?? ''
  if (/exec format error/i.test(complaint)) {
    return new TsbuildError('TSB_EXEC_FORMAT', `${command} is made for another kind of machine, or is no program`, {
      hint: 'is the base image for this platform? A script needs a first line such as #!/bin/sh',
    })
  }
  if (/argument list too long/i.test(complaint)) return argumentsTooLong(complaint)
  if (/executable file .*not found|no such file or directory/i.test(complaint) && isAbout(command, complaint)) {
    return new TsbuildError('TSB_COMMAND_NOT_FOUND', `${command}: not found in the image`, { hint: notFoundHint(argv) })
  }
  if (/permission denied|is a directory|not permitted/i.test(complaint) && isAbout(command, complaint)) {
    return new TsbuildError('TSB_COMMAND_NOT_EXECUTABLE', `${command} cannot be executed`, {
      hint: 'it has to be a file with an execute permission for the USER of the step',
    })
  }
  const [, away] = complaint.match(placeLeadsAway) ?? []
  if (away !== undefined) return leadsElsewhere(away)
  return sandboxFailed(form, complaint)
}

const placeLeadsAway = new RegExp(`^${leadsAway}(.*)`, 'm')

function leadsElsewhere(what: string): TsbuildError {
  return new TsbuildError('TSB_SANDBOX_TARGET', `a mount in another mount of the step has no place there: ${what}`, {
    hint: 'an earlier step has put a link there; choose another target, or another id for the cache',
  })
}

function notFoundHint([command = '', option]: readonly string[]): string {
  if (command === '/bin/sh' && option === '-c') {
    return 'the image has no shell: copy a static program into it and run it as RUN ["program", "argument"], or take another base'
  }
  if (!command.includes('/')) return 'looked for in the PATH of the image'
  return 'if the file is there, then its interpreter is not: the program of its first line, or its dynamic loader'
}

/** What to do where too few user ids are there. Which range is free takes a look at those of all users. */
export const idRangesHint =
  'install uidmap, and give yourself a range of ids in /etc/subuid and /etc/subgid: tsbuild doctor says what to type'

export function argumentsTooLong(cause: unknown): TsbuildError {
  return new TsbuildError(
    'TSB_ARGUMENTS_TOO_LONG',
    'the command is longer than Linux takes: 128 KiB for one argument',
    {
      hint: 'put it into a file of the context, and COPY and run that',
      cause,
    },
  )
}

/** The sandbox itself could not be set up. */
export function sandboxFailed(form: string, complaint: string): TsbuildError {
  const said = complaint === '' ? 'it ended before the command was begun' : complaint
  return new TsbuildError('TSB_SANDBOX_FAILED', `${form} could not start the step: ${said}`, {
    hint: hintFor(form, complaint),
  })
}

function hintFor(form: string, complaint: string): string | undefined {
  if (/rlimit/i.test(complaint))
    return 'lower the --ulimit: a step gets no more than the hard limits of who builds (ulimit -Ha shows them), and of nofile no more than /proc/sys/fs/nr_open says'
  return form === 'native' ? undefined : 'try --runtime=native'
}

/** What an error of trying to run a step says of this machine; undefined for a bug. */
export function refusalIn(error: unknown): string | undefined {
  // Who is not root may not even do what comes before the first namespace.
  if (isSystemError(error, 'EPERM', 'EACCES')) return `it takes root, be it of a user namespace (${error.message})`
  const isOurs = error instanceof TsbuildError || (error instanceof Error && error.name === 'TimeoutError')
  return isOurs ? error.message : undefined
}

export function cannotMount(what: string): TsbuildError {
  return new TsbuildError('TSB_SANDBOX_MOUNT', `--runtime=chroot cannot mount ${what}`, {
    hint: 'it needs --snapshotter=copy',
  })
}

/** crun does not say of what it is that cannot be opened. */
function isAbout(command: string, complaint: string): boolean {
  return complaint.includes(command) || complaint.startsWith('open executable: ')
}

/** The name of the signal that an exit code of 128 and more speaks of, if there is one with that number. */
export function signalOf(exitCode: number): string | undefined {
  return signals[exitCode - 128]
}

/** The signals that end a process by default, by their number on all machines Linux and Node run on. */
const signals: Readonly<Record<number, string>> = {
  1: 'SIGHUP',
  2: 'SIGINT',
  3: 'SIGQUIT',
  4: 'SIGILL',
  5: 'SIGTRAP',
  6: 'SIGABRT',
  7: 'SIGBUS',
  8: 'SIGFPE',
  9: 'SIGKILL',
  10: 'SIGUSR1',
  11: 'SIGSEGV',
  12: 'SIGUSR2',
  13: 'SIGPIPE',
  14: 'SIGALRM',
  15: 'SIGTERM',
  24: 'SIGXCPU',
  25: 'SIGXFSZ',
  31: 'SIGSYS',
}
