import type { FromInstruction } from '../../parser/index.ts'
import type { Warn } from './checks.ts'

/** `AS Build`: stage names count in lower case, whatever is written. */
export function checkStageNameCasing({ alias }: FromInstruction, warn: Warn): void {
  if (!alias || alias.text === alias.text.toLowerCase()) return
  warn({ rule: 'StageNameCasing', message: `Stage name '${alias.text}' should be lowercase`, at: alias.at })
}
