import type { SourceRange } from '../../source.ts'
import type { StageState } from '../state.ts'
import type { Expansion } from '../words/index.ts'
import type { Warn } from './checks.ts'
import type { RuleName } from './rules.ts'
import { suggestion } from './suggestion.ts'

/** Arguments to the builder itself, which need no declaration. */
const alwaysKnown: ReadonlySet<string> = new Set(['BUILDKIT_SBOM_SCAN_CONTEXT', 'BUILDKIT_SBOM_SCAN_STAGE'])

/** Variables that were asked for, and are neither set nor declared by an ARG. One with a default is told of as well. */
export function checkVariables(
  { unset }: Expansion,
  at: SourceRange,
  state: StageState,
  warn: Warn,
  rule: RuleName = 'UndefinedVar',
): void {
  if (state.mayHaveMore) return
  for (const name of unset) {
    if (alwaysKnown.has(name) || state.args.has(name)) continue
    const message = () => `Usage of undefined variable '$${name}'${suggestion(name, state.variables.keys(), '$')}`
    warn({ rule, message, at })
  }
}
