import type { BuildForecast, EventSink } from '../../index.ts'
import { visible } from '../../text/index.ts'
import { type BuildFlags, buildOptions } from '../flags/build-options.ts'
import { ignoredNotes } from '../program/ignored.ts'
import { resultNotes } from '../program/results.ts'
import type { Session } from '../session.ts'
import { shown } from './shown.ts'

/** The flags of a build that is only looked at. */
export interface PlanningFlags extends BuildFlags {
  readonly quiet?: true
}

/** What a build with these flags would do; what is to be said besides is printed. */
export function forecastFor(session: Session, context: string, flags: PlanningFlags): Promise<BuildForecast> {
  const { environment, err, signal } = session
  const options = buildOptions(context, flags, environment.env)
  saySpareFlags(flags, session)
  const work = async (view: EventSink) => {
    const { forecast } = await session.library()
    const onEvent: EventSink = (event) => {
      if (event.type === 'notice') err.print(`${visible(event.message)}\n`)
      view(event)
    }
    return forecast({ ...options, signal, onEvent }, environment)
  }
  return shown(session, 'none', work, '')
}

/** Flags of a build that change nothing where none is made. */
export function saySpareFlags(flags: PlanningFlags, { err }: Session): void {
  if (flags.quiet) return
  for (const note of [...ignoredNotes(flags), ...resultNotes(flags)]) err.print(`note: ${note}\n`)
}
