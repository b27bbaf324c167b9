import type { EventSink, Warning } from '../../index.ts'
import { errorJson, errorReport, Reported } from '../error-text.ts'
import { exitCodeOf, firstError } from '../exit.ts'
import { FlagError } from '../flags/flag-error.ts'
import { readChoice } from '../flags/limits.ts'
import type { Session } from '../session.ts'
import { keepHeapSmall } from '../small-heap.ts'
import { openView, type ProgressMode, progressModes, type ViewMode } from '../views/choose.ts'
import { warningSummary } from '../views/warnings.ts'

/** As `shown`, of work that is no build. */
export function shownTransfer<T>(
  session: Session,
  mode: ViewMode,
  work: (events: EventSink) => Promise<T>,
): Promise<T> {
  // What went wrong is said once, in the end: a transfer has no output of its own that a view could add.
  const quietly = (events: EventSink) =>
    work((event) => (mode !== 'rawjson' && event.type === 'step:error' ? undefined : events(event)))
  return shown(session, mode, quietly, '')
}

/**
 * Does the work with a view of it; an error is reported in the form of that view, after what was warned of before.
 * @param work gets what takes events, and what ends the view before all is over
 * @param prefix before the message of an error
 * @param context of a build, as it was given
 */
export async function shown<T>(
  session: Session,
  mode: ViewMode,
  work: (events: EventSink, close: () => Promise<void>) => Promise<T>,
  prefix?: string,
  context = '.',
): Promise<T> {
  const view = await openView(mode, session)
  const warnings: Warning[] = []
  let closed: Promise<void> | undefined
  const close = () => {
    closed ??= view.close(warnings)
    return closed
  }
  const events: EventSink = (event) => {
    if (event.type === 'step:start' && event.makes) keepHeapSmall()
    if (event.type === 'warnings') warnings.push(...event.warnings)
    if (!closed) view.event(event)
  }
  try {
    const result = await work(events, close)
    await close()
    if (mode === 'github') await annotate(session, { warnings }, context)
    return result
  } catch (error) {
    await close()
    if (isTalkative(mode)) session.err.print(warningSummary(warnings, session))
    if (mode === 'github') await annotate(session, { error: reasonOf(session, error), warnings }, context)
    return reportBuildError(session, mode, error, prefix)
  }
}

/**
 * Says why a build cannot be done, and ends the command.
 * @param prefix before the message, as buildx has it
 */
export function reportBuildError(
  session: Session,
  mode: ViewMode,
  error: unknown,
  prefix = 'failed to build: failed to solve: ',
): never {
  const { err, debug } = session
  const reason = reasonOf(session, error)
  // Of --watch: what is said before the next build is enough.
  if (reason instanceof Error && reason.name === 'Superseded') throw new Reported(exitCodeOf(reason))
  err.print(mode === 'rawjson' ? errorJson(reason) : errorReport(reason, { prefix, debug, paint: err.paint }))
  throw new Reported(exitCodeOf(reason))
}

function reasonOf({ signal }: Session, error: unknown): unknown {
  return signal.aborted ? signal.reason : firstError(error)
}

async function annotate(
  session: Session,
  said: { readonly error?: unknown; readonly warnings: readonly Warning[] },
  context: string,
): Promise<void> {
  const { annotations } = await import('../views/annotations.ts')
  session.err.command(annotations(said, session, context))
}

/** Modes that say more than a result. */
export function isTalkative(mode: ViewMode): boolean {
  return mode !== 'rawjson' && mode !== 'quiet' && mode !== 'none'
}

/**
 * What the flags or the environment say about progress.
 * @throws {FlagError}
 */
export function progressMode(
  flags: { readonly quiet?: true; readonly progress?: string },
  env: Session['environment']['env'],
): ProgressMode {
  if (flags.quiet && flags.progress !== undefined && flags.progress !== 'quiet') {
    throw new FlagError(`--quiet and --progress=${flags.progress} exclude each other`, 'leave one of them out')
  }
  if (flags.quiet) return 'quiet'
  if (flags.progress !== undefined) return readChoice('--progress', flags.progress, progressModes)
  return readChoice('BUILDKIT_PROGRESS', env['BUILDKIT_PROGRESS'] || 'auto', progressModes)
}
