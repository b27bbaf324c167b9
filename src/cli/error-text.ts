import { TsbuildError } from '../errors.ts'
import type { SourceRange } from '../source.ts'
import { visible } from '../text/index.ts'
import { causes, isUserError, isWrongFlag } from './exit.ts'
import { Interruption } from './signals.ts'
import { excerpt } from './text/excerpt.ts'
import { jsonText } from './text/json.ts'
import type { Paint } from './text/paint.ts'

export interface ReportOptions {
  /** `failed to build: failed to solve: ` before the message of a build's error. */
  readonly prefix: string
  /** Stacks and causes too. */
  readonly debug: boolean
  readonly paint: Paint
}

/**
 * What is printed for an error: the place in the Dockerfile, `ERROR: ` and the message, the hint, where the whole log is. The code
 * stands at the place, else behind the message; a wrong flag needs none. Ends with a line feed.
 */
export function errorReport(error: unknown, options: ReportOptions): string {
  const { at, message, hint, log } = explain(error)
  const label = options.paint('red', 'ERROR:')
  const isOfUse = isUserError(error) && !isWrongFlag(error)
  const prefix = isOfUse ? options.prefix : ''
  const code = error instanceof TsbuildError ? error.code : undefined
  return [
    at ? excerpt(at, code) : '',
    `${label} ${prefix}${visible(message)}${!at && code && isOfUse ? ` [${code}]` : ''}\n`,
    hint ? `${options.paint('cyan', 'hint:')} ${visible(hint)}\n` : '',
    log === undefined ? '' : `whole log: ${visible(log)}\n`,
    options.debug ? stacks(error) : '',
  ].join('')
}

/** The same for programs, in one line. */
export function errorJson(error: unknown): string {
  const { at, message, hint, log } = explain(error)
  const code = error instanceof TsbuildError ? error.code : undefined
  const place = at && { file: at.source.name, line: at.start.line + 1, column: at.start.column + 1 }
  return `${jsonText({ error: { code, message, hint, log, ...place } })}\n`
}

interface Explanation {
  readonly message: string
  readonly hint?: string | undefined
  readonly at?: SourceRange | undefined
  readonly log?: string | undefined
}

function explain(error: unknown): Explanation {
  if (error instanceof TsbuildError) return error
  if (error instanceof Interruption) return { message: error.message }
  if (isUserError(error)) return { message: error.message, hint: systemHint(error) }
  return {
    message: `internal error: ${error instanceof Error ? error.message : String(error)}`,
    hint: 'this is a bug in tsbuild: please report it with what TSBUILD_DEBUG=1 prints',
  }
}

const systemHints: Readonly<Record<string, string>> = {
  EACCES: 'this user may not do that there; --root chooses another place for the store',
  EDQUOT: 'the disk quota of this user is used up',
  EMFILE: 'too many open files: raise the limit with ulimit -n',
  ENOSPC:
    'the disk is full: free some space (tsbuild prune does), or give --root, or TSBUILD_ROOT, a directory on another disk',
  EROFS: 'that file system cannot be written to; --root chooses another place for the store',
}

function systemHint(error: Error): string | undefined {
  return 'code' in error ? systemHints[String(error.code)] : undefined
}

function stacks(error: unknown): string {
  return causes(error)
    .map((cause) => visible(cause instanceof Error ? (cause.stack ?? cause.message) : String(cause)))
    .map((text) => `${text}\n`)
    .join('caused by ')
}

/** An error that has been printed: what is left of it is the exit status. */
export class Reported extends Error {
  readonly exitCode: number

  constructor(exitCode: number) {
    super('reported')
    this.exitCode = exitCode
  }
}
