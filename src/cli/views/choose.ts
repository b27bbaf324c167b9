import { isContinuousIntegration, runnerOf } from '../continuous-integration.ts'
import type { Session } from '../session.ts'
import { plainView } from './plain.ts'
import { quietView } from './quiet.ts'
import { rawJsonView } from './rawjson.ts'
import type { View } from './view.ts'

export const progressModes = [
  'auto',
  'tty',
  'plain',
  'ordered',
  'github',
  'gitlab',
  'rawjson',
  'quiet',
  'none',
] as const
export type ProgressMode = (typeof progressModes)[number]
/** A mode that names a view. `folded` is `plain` with marks for the CI runner that reads it. */
export type ViewMode = Exclude<ProgressMode, 'auto'> | 'folded'

/** The mode that is really shown: `auto` and `tty` need a terminal that can do more than print. */
export function effectiveMode(asked: ProgressMode, session: Session): ViewMode {
  const { env } = session.environment
  if (asked !== 'auto' && asked !== 'tty') return asked
  const canDraw = session.err.isTerminal && env['TERM'] !== 'dumb'
  if (canDraw && (asked === 'tty' || !isContinuousIntegration(env))) return 'tty'
  return asked === 'auto' && !session.err.isTerminal && runnerOf(env) ? 'folded' : 'plain'
}

/** What is loaded late is what few builds show: above all the terminal view, with ink and react. */
export async function openView(mode: ViewMode, session: Session): Promise<View> {
  const { env, now } = session.environment
  const { print, colours } = session.err
  const look = { colours, nameWidth: env['PROGRESS_NO_TRUNC'] === '0' ? 72 : undefined }
  switch (mode) {
    case 'tty':
      return (await import('./tty.ts')).ttyView(session)
    case 'plain':
      return plainView(print, now, look)
    case 'folded':
    case 'ordered':
    case 'github':
    case 'gitlab':
      return (await import('./for-runner.ts')).viewForRunner(mode, session, look)
    case 'rawjson':
      return rawJsonView(print)
    case 'quiet':
      return quietView(print)
    case 'none':
      return quietView(() => {})
  }
}
