import { isContinuousIntegration } from '../output.ts'
import type { Session } from '../session.ts'
import { plainView } from './plain.ts'
import { quietView } from './quiet.ts'
import { rawJsonView } from './rawjson.ts'
import type { View } from './view.ts'

export const progressModes = ['auto', 'tty', 'plain', 'rawjson', 'quiet', 'none'] as const
export type ProgressMode = (typeof progressModes)[number]
/** A mode that names a view. */
export type ViewMode = Exclude<ProgressMode, 'auto'>

/** The mode that is really shown: `auto` and `tty` need a terminal that can do more than print. */
export function effectiveMode(asked: ProgressMode, session: Session): ViewMode {
  const { env } = session.environment
  if (asked !== 'auto' && asked !== 'tty') return asked
  const canDraw = session.err.isTerminal && env['TERM'] !== 'dumb'
  return canDraw && (asked === 'tty' || !isContinuousIntegration(env)) ? 'tty' : 'plain'
}

/** The terminal view, with ink and react, is loaded only when it is shown. */
export async function openView(mode: ViewMode, session: Session): Promise<View> {
  const { env, now } = session.environment
  switch (mode) {
    case 'tty':
      return (await import('./tty.ts')).ttyView(session)
    case 'plain':
      return plainView(session.err.print, now, env['PROGRESS_NO_TRUNC'] === '0' ? 72 : undefined)
    case 'rawjson':
      return rawJsonView(session.err.print)
    case 'quiet':
      return quietView(session.err.print)
    case 'none':
      return quietView(() => {})
  }
}
