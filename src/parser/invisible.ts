import type { Dockerfile } from './instruction.ts'
import type { Places } from './places.ts'

/** Places that are shown of one file. */
const shownLimit = 10

/**
 * Warnings for characters that hide text or turn its direction, so that a reader sees other code than is run.
 * @see https://nvd.nist.gov/vuln/detail/CVE-2021-42574
 */
export function invisibleCharacters(text: string, place: Places): Dockerfile['warnings'] {
  const warnings: Dockerfile['warnings'][number][] = []
  for (const { 0: char, index } of text.matchAll(invisible)) {
    if (warnings.length === shownLimit) break
    const code = char.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')
    const message = `The character U+${code} is not seen and can make the text look other than it is`
    warnings.push({ rule: 'InvisibleCharacter', message, at: place(index, index + 1) })
  }
  return warnings
}

/** Direction marks and characters without width; a byte order mark only where it is not the first. */
const invisible = /[\u061c\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069]|(?!^)\ufeff/g
