import type { Warning } from '../../index.ts'
import type { Session } from '../session.ts'
import { excerpt } from '../text/excerpt.ts'
import { oneLine } from './step.ts'

/** What is said of warnings at the end of a build: a count, and a line each. `''` when there are none. */
export function warningSummary(warnings: readonly Warning[], session: Pick<Session, 'debug' | 'err'>): string {
  if (warnings.length === 0) return ''
  const count = warnings.length === 1 ? '1 warning' : `${warnings.length} warnings`
  const title = `${count} found${session.debug ? '' : ' (use --debug to expand)'}:`
  return `\n ${session.err.paint('yellow', title)}\n${warnings.map((warning) => line(warning, session.debug)).join('')}`
}

function line({ rule, message, at, url }: Warning, expand: boolean): string {
  const place = at ? ` (line ${at.start.line + 1})` : ''
  const details = expand ? `${url ? `   ${oneLine(url)}\n` : ''}${at ? excerpt(at) : ''}` : ''
  return ` - ${rule}: ${oneLine(message)}${place}\n${details}`
}
