import type { BuildFlags } from '../flags/build-options.ts'
import { planJson } from '../plans/plan-json.ts'
import type { graphFormats } from '../program/plan.ts'
import type { Session } from '../session.ts'
import { jsonText } from '../text/json.ts'
import { warningSummary } from '../views/warnings.ts'
import { forecastFor } from './forecast.ts'

export interface GraphFlags extends BuildFlags {
  readonly format: (typeof graphFormats)[number]
}

/** Prints the graph of a build, and of each step whether it is in the cache. */
export async function graphCommand(session: Session, context: string, flags: GraphFlags): Promise<void> {
  const { err, out } = session
  const plan = await forecastFor(session, context, flags)
  if (flags.format === 'json') out.print(`${jsonText(planJson(plan), 2)}\n`)
  else {
    const { drawPlan } = await session.library()
    const format = flags.format === 'text' ? 'tree' : flags.format
    out.print(await drawPlan(plan, format, graphName(context, flags)))
  }
  err.print(warningSummary(plan.warnings, session))
}

/** What a picture is of: the name that the image would get, else the context, and the stage. */
export function graphName(context: string, { tag, target }: BuildFlags): string {
  const name = tag?.[0] ?? context
  return target === undefined ? name : `${name} (${target})`
}
