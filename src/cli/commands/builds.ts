import type { BuildCommands, BuildRecord } from '../../index.ts'
import { visible } from '../../text/index.ts'
import { buildDiffText } from '../builds/diff-text.ts'
import { filterBuilds } from '../builds/filter.ts'
import { buildsText } from '../builds/list-text.ts'
import { recordFields, recordText } from '../builds/record-text.ts'
import { FlagError } from '../flags/flag-error.ts'
import { checkFileFlag } from '../replace-text.ts'
import type { Session } from '../session.ts'
import { parseTemplate } from '../template/index.ts'
import { jsonText } from '../text/json.ts'
import { lineReader } from '../text/lines.ts'
import { oneLine } from '../views/step.ts'
import { writeReport } from './build-report.ts'

export interface BuildsFlags {
  readonly local?: true
  readonly quiet?: true
  readonly filter: readonly string[]
  readonly format?: string
}

export interface ShowFlags {
  /** `text`, `json` or a template. */
  readonly format: string
  readonly report?: string
}

export interface LogsFlags {
  readonly format: 'text' | 'json'
}

export interface RemoveFlags {
  readonly all?: true
}

export async function listBuildsCommand(session: Session, flags: BuildsFlags): Promise<void> {
  const accepts = filterBuilds(flags.filter)
  const builds = await openBuilds(session)
  const found = await builds.list({ here: flags.local === true })
  session.out.print(buildsText(found.filter(accepts), flags, session.environment.now()))
}

export async function showBuildCommand(
  session: Session,
  name: string | undefined,
  { format, report }: ShowFlags,
): Promise<void> {
  checkFileFlag('--report', report)
  const builds = await openBuilds(session)
  const build = await findBuild(session, builds, name)
  if (report !== undefined) return writeReport(session, report, build)
  session.out.print(shownAs(build, format, session, (step) => builds.logFile(build, step)))
}

function shownAs(
  build: BuildRecord,
  format: string,
  { environment }: Session,
  logFile: (step: number) => string,
): string {
  if (format === 'json') return json(build)
  if (format === 'text') return recordText(build, logFile)
  return `${visible(parseTemplate(format).render(recordFields(build, environment.now())))}\n`
}

/** Of one step its lines; of several each line with the number of its step, as plain progress has it. */
export async function logsCommand(
  session: Session,
  name: string | undefined,
  step: string | undefined,
  { format }: LogsFlags,
): Promise<void> {
  const builds = await openBuilds(session)
  const build = await findBuild(session, builds, name)
  if (step !== undefined) return printLines(session, builds.log(build, step), (line) => logLine(line, format))
  const logged = build.steps.filter(({ log }) => log)
  for (const [i, { number, label }] of logged.entries()) {
    if (format === 'text') session.out.print(`${i > 0 ? '\n' : ''}#${number} ${oneLine(label)}\n`)
    const shown = (line: string) => (format === 'text' ? `#${number} ${line}\n` : logLine(line, format, number))
    await printLines(session, builds.log(build, String(number)), shown)
  }
}

function logLine(line: string, format: LogsFlags['format'], step?: number): string {
  return format === 'text' ? `${line}\n` : `${jsonText({ ...(step !== undefined && { step }), line })}\n`
}

async function printLines(
  { out, signal }: Session,
  bytes: AsyncIterable<Uint8Array>,
  shown: (line: string) => string,
): Promise<void> {
  const lines = lineReader()
  for await (const chunk of bytes) {
    signal.throwIfAborted()
    out.print(lines.push(chunk).map(shown).join(''))
    if (out.stream.writableNeedDrain) await new Promise((resolve) => out.stream.once('drain', resolve))
  }
  const rest = lines.rest()
  if (rest !== undefined) out.print(shown(rest))
}

export async function diffBuildsCommand(
  session: Session,
  before: string | undefined,
  now: string | undefined,
  { format }: LogsFlags,
): Promise<void> {
  const builds = await openBuilds(session)
  const diff = await builds.diff(before, now)
  if (now === undefined) sayElsewhere(session, builds, diff.now)
  session.out.print(format === 'json' ? json(diff) : buildDiffText(diff))
}

export async function removeBuildsCommand(
  session: Session,
  names: readonly string[],
  { all }: RemoveFlags,
): Promise<void> {
  if (all === names.length > 0) throw new FlagError('--all and names of builds exclude each other', 'leave one out')
  if (!all && names.length === 0) {
    throw new FlagError('which builds?', 'name them by number, id or ^N, or give --all')
  }
  const removed = await (await openBuilds(session)).remove(all ? 'all' : names)
  session.out.print(removed.map(({ id }) => `${id}\n`).join(''))
}

async function findBuild(session: Session, builds: BuildCommands, name: string | undefined): Promise<BuildRecord> {
  const build = await builds.find(name)
  if (name === undefined) sayElsewhere(session, builds, build)
  return build
}

/** Of a build that nobody named, and that is not of this folder. */
export function sayElsewhere({ err }: Session, builds: BuildCommands, build: BuildRecord): void {
  if (builds.isHere(build)) return
  err.print(`build ${build.number} of ${oneLine(build.directory)}: this folder has none\n`)
}

async function openBuilds({ library, environment }: Session) {
  return (await library()).builds(environment)
}

function json(value: BuildRecord | object): string {
  return `${jsonText(value, 2)}\n`
}
