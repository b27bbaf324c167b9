import type { FromInstruction } from '../../parser/index.ts'
import type { Warn } from './checks.ts'

/** `FROM x as y`: one word in capitals, the other not. A FROM of mixed case is the business of another rule. */
export function checkFromAsCasing({ keyword, as }: FromInstruction, warn: Warn): void {
  if (!as) return
  const [lower, upper] = [keyword === keyword.toLowerCase(), keyword === keyword.toUpperCase()]
  const matches = lower ? as.text === as.text.toLowerCase() : !upper || as.text === as.text.toUpperCase()
  if (matches) return
  warn({ rule: 'FromAsCasing', message: `'${as.text}' and '${keyword}' keywords' casing do not match`, at: as.at })
}
