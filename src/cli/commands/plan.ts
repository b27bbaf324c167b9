import type { EventSink } from '../../index.ts'
import { adviceText } from '../contexts/context-text.ts'
import { exitCodes } from '../exit.ts'
import { type BuildFlags, buildOptions } from '../flags/build-options.ts'
import { planGraph } from '../plans/plan-graph.ts'
import { planJson } from '../plans/plan-json.ts'
import { planText } from '../plans/plan-text.ts'
import { ignoredNotes } from '../program/ignored.ts'
import type { planFormats } from '../program/plan.ts'
import { Reported } from '../report.ts'
import type { Session } from '../session.ts'
import { visible } from '../text/escape.ts'
import { jsonText } from '../text/json.ts'
import { warningSummary } from '../views/warnings.ts'
import { shown } from './shown.ts'

export interface PlanFlags extends BuildFlags {
  readonly format: (typeof planFormats)[number]
}

/** Prints what a build would do; the status says whether it would run something. */
export async function planCommand(session: Session, context: string, flags: PlanFlags): Promise<void> {
  const { environment, err, out, signal } = session
  const options = buildOptions(context, flags, environment.env)
  for (const note of ignoredNotes(flags)) err.print(`note: ${note}\n`)
  const work = async (view: EventSink) => {
    const { forecast } = await session.library()
    const onEvent: EventSink = (event) => {
      if (event.type === 'notice') err.print(`${visible(event.message)}\n`)
      view(event)
    }
    return forecast({ ...options, signal, onEvent }, environment)
  }
  const plan = await shown(session, 'none', work, '')
  switch (flags.format) {
    case 'text':
      out.print(planText(plan))
      break
    case 'json':
      out.print(`${jsonText(planJson(plan), 2)}\n`)
      break
    default:
      out.print(planGraph(plan, flags.format))
  }
  err.print(warningSummary(plan.warnings, session))
  err.print(adviceText(plan, err.paint))
  if (!plan.done) throw new Reported(exitCodes.pending)
}
