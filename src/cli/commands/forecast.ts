import type { BuildForecast, EventSink } from '../../index.ts'
import { visible } from '../../text/index.ts'
import { type BuildFlags, buildOptions } from '../flags/build-options.ts'
import { ignoredNotes } from '../program/ignored.ts'
import type { Session } from '../session.ts'
import { shown } from './shown.ts'

/** What a build with these flags would do; what is to be said besides is printed. */
export function forecastFor(session: Session, context: string, flags: BuildFlags): Promise<BuildForecast> {
  const { environment, err, signal } = session
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
  return shown(session, 'none', work, '')
}
