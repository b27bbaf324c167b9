import { matchName } from '../tree/index.ts'
import { parseReference, type Reference, tryReference } from './reference.ts'

/**
 * True when a pattern (`*`, `?`, `[…]`, stopping at `/`) fits the short form of a reference, with its tag or without.
 * @throws {TsbuildError} TSB_PATTERN
 */
export function matchReference(pattern: string, reference: Reference): boolean {
  const { familiar } = reference
  const name = parseReference(`${reference.domain}/${reference.path}`).familiar
  return [familiar, name].map((text) => matchName(pattern, text)).includes(true)
}

/**
 * The order in which names are listed: by kind (tag and digest, tag, digest with a name, bare digest, what is no reference),
 * then by name, then by tag.
 */
export function compareReferences(a: string, b: string): number {
  const [rankA, nameA] = rankOf(a)
  const [rankB, nameB] = rankOf(b)
  return rankA - rankB || compareTexts(nameA, nameB) || compareTexts(a, b)
}

function rankOf(text: string): readonly [rank: number, name: string] {
  if (/^sha256:[0-9a-f]{64}$/.test(text)) return [3, text]
  const reference = tryReference(text)
  if (!reference) return [4, text]
  const name = `${reference.domain}/${reference.path}`
  if (reference.digest !== undefined) return [reference.tag === undefined ? 2 : 0, name]
  return [1, name]
}

function compareTexts(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
