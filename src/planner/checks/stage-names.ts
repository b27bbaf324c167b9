import type { Stage } from '../../parser/index.ts'
import { goQuote } from '../go-format.ts'
import type { Warn } from './checks.ts'

const reserved: ReadonlySet<string> = new Set(['context', 'scratch'])

/** Names that mean something else, and names given twice: the later stage hides the earlier one. */
export function checkStageNames(stages: readonly Stage[], warn: Warn): void {
  const seen = new Set<string>()
  for (const { name, from } of stages) {
    if (name === undefined) continue
    const at = from.alias?.at ?? from.at
    if (reserved.has(name)) {
      const message = `Stage name should not use the same name as reserved stage ${goQuote(name)}`
      warn({ rule: 'ReservedStageName', message, at })
    }
    if (seen.has(name)) {
      const message = `Duplicate stage name ${goQuote(name)}, stage names should be unique`
      warn({ rule: 'DuplicateStageName', message, at })
    }
    seen.add(name)
  }
}
