import { isSecretName } from '../../secret.ts'
import type { SourceRange } from '../../source.ts'
import { goQuote } from '../go-format.ts'
import type { Warn } from './checks.ts'

/** Names that speak of secrets: whoever has the image can read the value. */
export function checkSecretName(keyword: 'ARG' | 'ENV', name: string, at: SourceRange, warn: Warn): void {
  if (!isSecretName(name)) return
  const message = `Do not use ARG or ENV instructions for sensitive data (${keyword} ${goQuote(name)})`
  warn({ rule: 'SecretsUsedInArgOrEnv', message, at })
}
