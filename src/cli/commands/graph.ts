import path from 'node:path'
import type { BuildForecast } from '../../index.ts'
import type { BuildFlags } from '../flags/build-options.ts'
import { FlagError } from '../flags/flag-error.ts'
import { isOutputSpec } from '../flags/output.ts'
import { planJson } from '../plans/plan-json.ts'
import type { graphFormats } from '../program/plan.ts'
import { checkFileFlag, replaceText } from '../replace-text.ts'
import type { Session } from '../session.ts'
import { jsonText } from '../text/json.ts'
import { warningSummary } from '../views/warnings.ts'
import { forecastFor, type PlanningFlags } from './forecast.ts'

type GraphFormat = (typeof graphFormats)[number]

export interface GraphFlags extends PlanningFlags {
  /** Absent: as the name of the file ends, else text. */
  readonly format?: GraphFormat
}

/** Shows the graph of a build, and of each step whether it is in the cache: on standard output, or in the files of `-o`. */
export async function graphCommand(session: Session, context: string, flags: GraphFlags): Promise<void> {
  const { err, out } = session
  // An output of a build has a type; it has no effect here, as with `plan`.
  const files = flags.output.filter((text) => !isOutputSpec(text))
  for (const file of files) checkFileFlag('--output', file === '-' ? undefined : file)
  const formats = new Map(files.map((file) => [file, flags.format ?? formatOf(file)]))
  const output = flags.output.filter(isOutputSpec)
  const plan = await forecastFor(session, context, { ...flags, output })
  for (const file of files.length > 0 ? files : ['-']) {
    const text = await drawn(session, plan, formats.get(file) ?? flags.format ?? 'text', graphName(context, flags))
    if (file === '-') out.print(text)
    else await replaceText(file, text)
  }
  err.print(warningSummary(plan.warnings, session))
}

async function drawn(session: Session, plan: BuildForecast, format: GraphFormat, name: string): Promise<string> {
  if (format === 'json') return `${jsonText(planJson(plan), 2)}\n`
  const { drawPlan } = await session.library()
  return drawPlan(plan, format === 'text' ? 'tree' : format, name)
}

const endings: Readonly<Record<string, GraphFormat>> = {
  '.dot': 'dot',
  '.gv': 'dot',
  '.htm': 'html',
  '.html': 'html',
  '.json': 'json',
  '.mermaid': 'mermaid',
  '.mmd': 'mermaid',
  '.svg': 'svg',
  '.text': 'text',
  '.txt': 'text',
}

/** @throws {FlagError} for a picture that is not drawn, and for a name as a build has it for a directory */
function formatOf(file: string): GraphFormat {
  if (file === '-' || file.startsWith('/dev/')) return 'text'
  const ending = path.extname(file)
  const format = endings[ending.toLowerCase()]
  if (format) return format
  const what = ending === '' ? 'the name has no ending that says what to draw' : `${ending} is not drawn`
  throw new FlagError(
    `--output ${file}: ${what}`,
    'name it graph.svg, .html, .json, .mmd, .dot or .txt; --format says it for any name',
  )
}

/** What a picture is of: the name that the image would get, else the context, and the stage. */
export function graphName(context: string, { tag, target }: BuildFlags): string {
  const name = tag?.[0] ?? context
  return target === undefined ? name : `${name} (${target})`
}
