import type { BuildOptions, BuildResult, Environment } from '../../index.ts'
import { summaryChoices, summaryText } from '../builds/summary-text.ts'
import { type BuildFlags, buildOptions } from '../flags/build-options.ts'
import { FlagError } from '../flags/flag-error.ts'
import { readChoice } from '../flags/limits.ts'
import { ignoredNotes } from '../program/ignored.ts'
import { checkFileFlag, replaceText } from '../replace-text.ts'
import type { Session } from '../session.ts'
import { jsonText } from '../text/json.ts'
import { effectiveMode, type ProgressMode } from '../views/choose.ts'
import { warningSummary } from '../views/warnings.ts'
import type { withReport } from './build-report.ts'
import { buildMetadata } from './metadata.ts'
import { isTalkative, progressMode, shown } from './shown.ts'

/** The flags of `tsbuild build`, with those that say what to print and write. */
export interface BuildCommandFlags extends BuildFlags {
  readonly progress?: string
  readonly quiet?: true
  readonly summary?: string
  readonly iidfile?: string
  readonly digestFile?: string
  readonly metadataFile?: string
  readonly onError?: 'shell' | 'fail'
  readonly watch?: true
  readonly report?: string
  /** `--call`, or `check` for `--check`: something other than a build. */
  readonly call?: string
}

/** Builds once, or with `--watch` whenever something changes. */
export async function buildCommand(session: Session, context: string, flags: BuildCommandFlags): Promise<void> {
  if (!flags.watch) return await buildOnce(session, context, flags)
  const { watchCommand } = await import('./watch.ts')
  const written = [flags.iidfile, flags.digestFile, flags.metadataFile, flags.report].flatMap((file) => file ?? [])
  const options = buildOptions(context, flags, session.environment.env)
  await watchCommand(session, options, written, (stoppable) => buildOnce(stoppable, context, flags))
}

/** Builds, shows the progress, and writes what other programs read. */
async function buildOnce(session: Session, context: string, flags: BuildCommandFlags): Promise<void> {
  const { environment, err, out, signal } = session
  const options = buildOptions(context, flags, environment.env)
  const summary = readChoice('--summary', flags.summary ?? 'auto', summaryChoices)
  const asked = progressMode(flags, environment.env)
  checkStandardOutput(session, asked, options)
  checkFileFlag('--iidfile', flags.iidfile)
  checkFileFlag('--digest-file', flags.digestFile)
  checkFileFlag('--metadata-file', flags.metadataFile)
  checkFileFlag('--report', flags.report)
  await replaceText(flags.iidfile, undefined)
  await replaceText(flags.digestFile, undefined)
  await replaceText(flags.report, undefined)
  if (flags.onError) (await import('./shell.ts')).checkShell(flags.onError, session)
  const mode = effectiveMode(asked, session)
  const { build } = await session.library()
  for (const note of isTalkative(mode) ? [...session.notes, ...ignoredNotes(flags)] : []) err.print(`note: ${note}\n`)
  const built = (asked: BuildOptions) =>
    shown(
      session,
      mode,
      (onEvent, closeView) =>
        build({ ...asked, ...onFailure(flags, session, closeView), signal, onEvent }, environment),
      undefined,
      context,
    )
  const result = await (flags.report === undefined
    ? built(options)
    : builtWithReport(session, flags.report, (onRecord) => built({ ...options, onRecord })))
  if (isTalkative(mode)) {
    if (result.build) err.print(summaryText(result.build, summary))
    err.print(warningSummary(result.warnings, session))
  }
  await writeResults(result, flags, environment.env)
  if (mode === 'quiet') out.print(`${result.id}\n`)
}

/** The view gives the terminal back before a shell gets it. */
function onFailure(
  { onError }: BuildCommandFlags,
  session: Session,
  closeView: () => Promise<void>,
): Partial<BuildOptions> {
  if (onError !== 'shell') return {}
  return {
    onFailedStep: async (step) => {
      await closeView()
      await (await import('./shell.ts')).failedShell(step, session)
    },
  }
}

async function builtWithReport(...asked: Parameters<typeof withReport>): Promise<BuildResult> {
  return (await import('./build-report.ts')).withReport(...asked)
}

/** Bytes of an archive are not for a terminal, and not for a file that also gets an image id. */
function checkStandardOutput(
  session: Session,
  mode: ProgressMode,
  { outputs = [], errorOutputs = [] }: BuildOptions,
): void {
  const archive = outputs.some((output) => 'dest' in output && output.dest === '-')
  if (session.out.isTerminal && (archive || errorOutputs.some(({ dest }) => dest === '-'))) {
    throw new FlagError('an archive is not written to a terminal', 'add dest=FILE, or send standard output to a file')
  }
  if (archive && mode === 'quiet') {
    throw new FlagError('--quiet prints the image id where the output would go', 'use --progress=none with --iidfile')
  }
}

async function writeResults(result: BuildResult, flags: BuildCommandFlags, env: Environment['env']): Promise<void> {
  const { id, manifest } = result
  if (flags.iidfile !== undefined) await replaceText(flags.iidfile, id)
  if (flags.digestFile !== undefined) await replaceText(flags.digestFile, manifest.digest)
  if (flags.metadataFile === undefined) return
  await replaceText(flags.metadataFile, `${jsonText(buildMetadata(result, env), 2)}\n`)
}
