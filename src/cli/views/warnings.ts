import type { Warning } from '../../index.ts'
import type { Session } from '../session.ts'
import { blamedLines, excerpt, type Lines, rememberLines } from '../text/excerpt.ts'
import { oneLine } from './step.ts'

/**
 * What is said of warnings at the end of a build: a count, and for each a line as docker prints it, with what it is about
 * below it. `''` when there are none.
 */
export function warningSummary(warnings: readonly Warning[], session: Pick<Session, 'debug' | 'err'>): string {
  if (warnings.length === 0) return ''
  const count = warnings.length === 1 ? '1 warning' : `${warnings.length} warnings`
  const title = `${count} found${session.debug ? '' : ' (use --check to expand)'}:`
  const lines = rememberLines()
  const about = session.debug ? details : shortDetails
  const described = warnings.map((warning) => line(warning) + about(warning, lines))
  return `\n ${session.err.paint('yellow', title)}\n${described.join('')}`
}

function line({ rule, message, at }: Warning): string {
  const place = at ? ` (line ${at.start.line + 1})` : ''
  return ` - ${rule}: ${oneLine(message)}${place}\n`
}

function shortDetails({ at }: Warning, lines: Lines): string {
  return at ? blamedLines(at, lines).replace(/^/gm, '  ').trimEnd().concat('\n') : ''
}

function details({ description, url, at }: Warning, lines: Lines): string {
  return [description, url, at && excerpt(at, undefined, lines).trimEnd()]
    .map((text) => (text ? `${text}\n`.replace(/^(?=.)/gm, '   ') : ''))
    .join('')
}
