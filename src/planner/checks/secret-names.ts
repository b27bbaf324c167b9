import type { SourceRange } from '../../source.ts'
import { goQuote } from '../go-format.ts'
import type { Warn } from './checks.ts'

const secret = /(?:_|^)(?:apikey|auth|credential|credentials|key|password|pword|passwd|secret|token)(?:_|$)/i
const harmless = /(?:_|^)(?:public|file|version)(?:_|$)/i

/** Names that speak of secrets: whoever has the image can read the value. */
export function checkSecretName(keyword: 'ARG' | 'ENV', name: string, at: SourceRange, warn: Warn): void {
  if (!secret.test(name) || harmless.test(name)) return
  const message = `Do not use ARG or ENV instructions for sensitive data (${keyword} ${goQuote(name)})`
  warn({ rule: 'SecretsUsedInArgOrEnv', message, at })
}
