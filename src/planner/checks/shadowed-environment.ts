import type { SourceRange } from '../../source.ts'
import type { StageState } from '../state.ts'
import type { Warn } from './checks.ts'

/** ARG with another value than the ENV of that name has: what follows sees the ARG, and the image keeps the ENV. */
export function checkShadowedEnvironment(
  name: string,
  value: string | undefined,
  at: SourceRange,
  state: StageState,
  warn: Warn,
): void {
  if (value === undefined) return
  const kept = state.variables.environmentValue(name)
  if (kept === undefined || kept === value) return
  const message = `ARG ${name} hides the ENV of that name in the steps that follow; the image keeps the ENV`
  warn({ rule: 'tsbuild/HiddenArg', message, at })
}
