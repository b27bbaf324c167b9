import type { EnvInstruction, LabelInstruction } from '../../parser/index.ts'
import type { Warn } from './checks.ts'

/** `ENV name value`, without `=`. */
export function checkPairForm({ legacy, keyword, at }: EnvInstruction | LabelInstruction, warn: Warn): void {
  if (!legacy) return
  const message = `"${keyword} key=value" should be used instead of legacy "${keyword} key value" format`
  warn({ rule: 'LegacyKeyValueFormat', message, at })
}
