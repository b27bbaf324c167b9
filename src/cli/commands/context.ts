import type { EventSink } from '../../index.ts'
import { visible } from '../../text/index.ts'
import { contextJson } from '../contexts/context-json.ts'
import { adviceText, contextText, filesText, whyText } from '../contexts/context-text.ts'
import { buildOptions } from '../flags/build-options.ts'
import type { Session } from '../session.ts'
import { jsonText } from '../text/json.ts'
import { type PlanningFlags, saySpareFlags } from './forecast.ts'
import { shown } from './shown.ts'

export interface ContextFlags extends PlanningFlags {
  readonly why: readonly string[]
  readonly files?: true
  readonly format: 'text' | 'json'
}

/** Prints what a build can take, and does take, of its context. */
export async function contextCommand(session: Session, context: string, flags: ContextFlags): Promise<void> {
  const { environment, err, out, signal } = session
  const options = buildOptions(context, flags, environment.env)
  saySpareFlags(flags, session)
  const work = async (onEvent: EventSink) =>
    (await session.library()).context({ ...options, why: flags.why, signal, onEvent }, environment)
  const report = await shown(session, 'none', work, '')
  for (const { reference, error } of report.unreached) {
    err.print(`note: nothing is known of ${visible(reference)}: ${visible(error.message)}\n`)
  }
  if (flags.format === 'json') {
    out.print(`${jsonText(contextJson(report), 2)}\n`)
    return
  }
  if (flags.why.length > 0) out.print(whyText(report))
  else if (flags.files) out.print(filesText(report))
  else {
    out.print(contextText(report))
    err.print(adviceText(report, err.paint))
  }
}
