import { adviceText } from '../contexts/context-text.ts'
import { Reported } from '../error-text.ts'
import { exitCodes } from '../exit.ts'
import { planJson } from '../plans/plan-json.ts'
import { planText } from '../plans/plan-text.ts'
import type { planFormats } from '../program/plan.ts'
import type { Session } from '../session.ts'
import { jsonText } from '../text/json.ts'
import { warningSummary } from '../views/warnings.ts'
import { forecastFor, type PlanningFlags } from './forecast.ts'
import { graphName } from './graph.ts'

export interface PlanFlags extends PlanningFlags {
  readonly format: (typeof planFormats)[number]
}

/** Prints what a build would do; the status says whether it would run something. */
export async function planCommand(session: Session, context: string, flags: PlanFlags): Promise<void> {
  const { err, out } = session
  const plan = await forecastFor(session, context, flags)
  switch (flags.format) {
    case 'text':
      out.print(planText(plan))
      break
    case 'json':
      out.print(`${jsonText(planJson(plan), 2)}\n`)
      break
    default: {
      const { drawPlan } = await session.library()
      out.print(await drawPlan(plan, flags.format, graphName(context, flags)))
    }
  }
  err.print(warningSummary(plan.warnings, session))
  err.print(adviceText(plan, err.paint))
  if (!plan.done) throw new Reported(exitCodes.pending)
}
