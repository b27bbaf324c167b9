import type { Blame } from '../../index.ts'
import { humanSize } from '../../text/index.ts'
import type { Paint } from '../text/paint.ts'
import { table } from '../text/table.ts'
import { inline, instruction, modeText } from './words.ts'

/** Who wrote and removed a path, newest first. */
export function blameText({ path, events }: Blame, paint: Paint): string {
  const rows = events.map(({ what, facts, by }) => [
    what,
    `layer ${by.index + 1}`,
    facts ? modeText(facts) : '',
    facts ? `${facts.uid}:${facts.gid}` : '',
    facts?.kind === 'file' ? humanSize(facts.size) : facts?.target === undefined ? '' : `→ ${inline(facts.target)}`,
    instruction(by.createdBy),
  ])
  const [newest] = events
  const state = newest?.what === 'removed' ? paint('red', ' (not in the image any more)') : ''
  return `${inline(path)}${state}\n${table([['WHAT', 'LAYER', 'MODE', 'OWNER', 'SIZE', 'CREATED BY'], ...rows], { gap: 2, least: 0 })}`
}
