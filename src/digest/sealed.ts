import { sha256 } from './digest.ts'

/**
 * A text with its digest on a line before it, so that damage is noticed. It keeps out accidents, not attackers: who can
 * write to the cache can seal.
 */
export function seal(text: string): string {
  return `${sha256(text)}\n${text}\n`
}

/** The text that was sealed; undefined when it is damaged, or was never sealed. */
export function unseal(sealed: string): string | undefined {
  const end = sealed.indexOf('\n')
  const text = sealed.slice(end + 1, -1)
  return end >= 0 && sealed.endsWith('\n') && sha256(text) === sealed.slice(0, end) ? text : undefined
}
