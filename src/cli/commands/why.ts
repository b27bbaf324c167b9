import { whyJson } from '../builds/why-json.ts'
import { whyText } from '../builds/why-text.ts'
import type { Session } from '../session.ts'
import { jsonText } from '../text/json.ts'
import { sayElsewhere } from './builds.ts'

export interface WhyFlags {
  readonly build?: string
  readonly format: 'text' | 'json'
}

/** Says why steps of a build ran. */
export async function whyCommand(session: Session, step: string | undefined, flags: WhyFlags): Promise<void> {
  const { environment, library, out } = session
  const builds = await (await library()).builds(environment)
  const why = await builds.why(flags.build, step)
  if (flags.build === undefined) sayElsewhere(session, builds, why.build)
  const now = environment.now()
  out.print(flags.format === 'json' ? `${jsonText(whyJson(why), 2)}\n` : whyText(why, now))
}
