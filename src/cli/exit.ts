import { isSystemError, OptionError, TsbuildError } from '../errors.ts'
import { FlagError } from './flags/flag-error.ts'
import { Interruption } from './signals.ts'

/** What the exit status of tsbuild says. */
export const exitCodes = {
  success: 0,
  /** The build or command failed for a reason that is the user's to mend. */
  failure: 1,
  /** Of `tsbuild diff`: the images differ. */
  different: 1,
  /** Of `tsbuild diff`: it could not be found out. */
  trouble: 3,
  /** Of `tsbuild plan`: a build would run something. */
  pending: 10,
  /** A bug in tsbuild. */
  internal: 100,
  /** The disk or another limit is full. */
  exhausted: 102,
  /** The image was made, and could not be pushed. */
  push: 103,
  /** A wrong flag or argument. */
  usage: 125,
} as const

/** The exit status for an error; that of a signal is 128 and its number. */
export function exitCodeOf(error: unknown): number {
  if (error instanceof Interruption) return error.exitCode
  if (isWrongFlag(error)) return exitCodes.usage
  if (causes(error).some((cause) => isSystemError(cause, 'ENOSPC', 'EDQUOT', 'EMFILE', 'ENFILE')))
    return exitCodes.exhausted
  if (causes(error).some((cause) => isTsbuildError(cause, 'TSB_PUSH_FAILED'))) return exitCodes.push
  return isUserError(error) ? exitCodes.failure : exitCodes.internal
}

/** True for a flag that cannot be, whether that showed when it was read or when it was to be used. */
export function isWrongFlag(error: unknown): boolean {
  return error instanceof FlagError || error instanceof OptionError
}

/** True for what a user can mend: our own errors, and what the operating system refused. All else is a bug. */
export function isUserError(error: unknown): error is Error {
  return error instanceof TsbuildError || (error instanceof Error && 'syscall' in error && 'code' in error)
}

/** The error that came first, of one and those that cleaning up after it gave. */
export function firstError(error: unknown): unknown {
  let first = error
  while (first instanceof Error && first.name === 'SuppressedError' && 'suppressed' in first) first = first.suppressed
  return first
}

/** The error and what caused it, outermost first. */
export function causes(error: unknown): readonly unknown[] {
  const found: unknown[] = []
  for (let next = error; next !== undefined && !found.includes(next); ) {
    found.push(next)
    next = next instanceof Error ? next.cause : undefined
  }
  return found
}

/** True for the error of ours that has this code. */
export function isTsbuildError(error: unknown, code: string): error is TsbuildError {
  return error instanceof TsbuildError && error.code === code
}
