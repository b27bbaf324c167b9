import path from 'node:path'
import type { BuildForecast } from '../../index.ts'
import type { BuildFlags } from '../flags/build-options.ts'
import { planJson } from '../plans/plan-json.ts'
import type { graphFormats } from '../program/plan.ts'
import { checkPlace, replaceFile } from '../replace-file.ts'
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
  const files = flags.output.filter((text) => !text.includes('='))
  for (const file of files) checkPlace('--output', file === '-' ? undefined : file)
  const output = flags.output.filter((text) => text.includes('='))
  const plan = await forecastFor(session, context, { ...flags, output })
  for (const file of files.length > 0 ? files : ['-']) {
    const text = await drawn(session, plan, flags.format ?? formatOf(file), graphName(context, flags))
    if (file === '-') out.print(text)
    else await replaceFile(file, text)
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
}

function formatOf(file: string): GraphFormat {
  return endings[path.extname(file).toLowerCase()] ?? 'text'
}

/** What a picture is of: the name that the image would get, else the context, and the stage. */
export function graphName(context: string, { tag, target }: BuildFlags): string {
  const name = tag?.[0] ?? context
  return target === undefined ? name : `${name} (${target})`
}
