import type { BuildResult, EventSink } from '../../index.ts'
import { exitCodeOf } from '../exit.ts'
import { type BuildFlags, buildOptions } from '../flags/build-options.ts'
import { FlagError } from '../flags/flag-error.ts'
import { readChoice } from '../flags/limits.ts'
import { ignoredNotes } from '../program/ignored.ts'
import { checkPlace, replaceFile } from '../replace-file.ts'
import { errorJson, errorReport, Reported } from '../report.ts'
import type { Session } from '../session.ts'
import { jsonText } from '../text/json.ts'
import { effectiveMode, openView, type ProgressMode, progressModes, type ViewMode } from '../views/choose.ts'
import { warningSummary } from '../views/warnings.ts'

/** The flags of `tsbuild build`, with those that say what to print and write. */
export interface BuildCommandFlags extends BuildFlags {
  readonly progress?: string
  readonly quiet?: true
  readonly iidfile?: string
  readonly metadataFile?: string
}

/** Builds, shows the progress, and writes what other programs read. */
export async function buildCommand(session: Session, context: string, flags: BuildCommandFlags): Promise<void> {
  const { environment, err, out, signal } = session
  const options = buildOptions(context, flags, environment.env)
  const asked = progressMode(flags, environment.env)
  checkStandardOutput(session, asked, options.outputs?.some((output) => output.dest === '-') ?? false)
  await checkPlace('--iidfile', flags.iidfile)
  await checkPlace('--metadata-file', flags.metadataFile)
  await replaceFile(flags.iidfile, undefined)
  const mode = effectiveMode(asked, session)
  const { build } = await session.library()
  for (const note of isTalkative(mode) ? [...session.notes, ...ignoredNotes(flags)] : []) err.print(`note: ${note}\n`)
  const result = await shown(session, mode, (onEvent) => build({ ...options, signal, onEvent }, environment))
  if (isTalkative(mode)) err.print(warningSummary(result.warnings, session))
  await writeResults(result, flags)
  if (mode === 'quiet') out.print(`${result.id}\n`)
}

/** Does the work with a view of it; an error is reported in the form of that view. */
async function shown(session: Session, mode: ViewMode, work: (events: EventSink) => Promise<BuildResult>) {
  const { err, debug, signal } = session
  const view = await openView(mode, session)
  try {
    const result = await work(view.event)
    await view.close(result.warnings)
    return result
  } catch (error) {
    await view.close([])
    const reason = signal.aborted ? signal.reason : error
    const prefix = 'failed to build: failed to solve: '
    err.print(mode === 'rawjson' ? errorJson(reason) : errorReport(reason, { prefix, debug, paint: err.paint }))
    throw new Reported(exitCodeOf(reason))
  }
}

function isTalkative(mode: ViewMode): boolean {
  return mode === 'tty' || mode === 'plain'
}

function progressMode(flags: BuildCommandFlags, env: Session['environment']['env']): ProgressMode {
  if (flags.quiet && flags.progress !== undefined && flags.progress !== 'quiet') {
    throw new FlagError(`--quiet and --progress=${flags.progress} exclude each other`, 'leave one of them out')
  }
  if (flags.quiet) return 'quiet'
  if (flags.progress !== undefined) return readChoice('--progress', flags.progress, progressModes)
  return readChoice('BUILDKIT_PROGRESS', env['BUILDKIT_PROGRESS'] || 'auto', progressModes)
}

/** Bytes of an archive are not for a terminal, and not for a file that also gets an image id. */
function checkStandardOutput(session: Session, mode: ProgressMode, archive: boolean): void {
  if (archive && session.out.isTerminal) {
    throw new FlagError('an image is not written to a terminal', 'add dest=FILE, or send standard output to a file')
  }
  if (archive && mode === 'quiet') {
    throw new FlagError('--quiet prints the image id where the output would go', 'use --progress=none with --iidfile')
  }
}

async function writeResults(result: BuildResult, flags: BuildCommandFlags): Promise<void> {
  const { id, manifest, names } = result
  if (flags.iidfile !== undefined) await replaceFile(flags.iidfile, id)
  if (flags.metadataFile === undefined) return
  const metadata = {
    'containerimage.config.digest': id,
    'containerimage.descriptor': manifest,
    'containerimage.digest': manifest.digest,
    ...(names.length > 0 && { 'image.name': names.join(',') }),
  }
  await replaceFile(flags.metadataFile, `${jsonText(metadata, 2)}\n`)
}
