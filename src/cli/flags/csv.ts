import { didYouMean } from '../../errors.ts'
import { FlagError } from './flag-error.ts'

/** One CSV record as Go reads it: a field may stand in double quotes, in which `""` is one. */
export function readCsv(flag: string, text: string): readonly string[] {
  const fields: string[] = []
  let rest = text
  for (;;) {
    const match = /^(?:"((?:[^"]|"")*)"|([^",]*))(,|$)/.exec(rest)
    if (!match)
      throw new FlagError(`invalid value for ${flag}: ${JSON.stringify(text)}`, 'a quote stands where it cannot')
    fields.push(match[1] === undefined ? (match[2] ?? '') : match[1].replaceAll('""', '"'))
    if (match[3] === '') return fields
    rest = rest.slice(match[0].length)
  }
}

/** `type=oci,dest=x` as keys and values; a field without `=` is a key with an empty value. */
export function readPairsOf(flag: string, text: string): readonly (readonly [key: string, value: string])[] {
  return readCsv(flag, text).map((field) => {
    const at = field.indexOf('=')
    return at < 0 ? [field.trim(), ''] : [field.slice(0, at).trim(), field.slice(at + 1)]
  })
}

/** As a map with lower-case keys, of which no others than these may be there. */
export function readFields<K extends string>(flag: string, text: string, known: readonly K[]): ReadonlyMap<K, string> {
  return knownFields(flag, text, readPairsOf(flag, text), known)
}

/**
 * @param text the whole value of the flag, for errors
 * @param meant keys that others have for one of these
 */
export function knownFields<K extends string>(
  flag: string,
  text: string,
  pairs: readonly (readonly [key: string, value: string])[],
  known: readonly K[],
  meant: Readonly<Record<string, K>> = {},
): ReadonlyMap<K, string> {
  const found = new Map<K, string>()
  for (const [written, value] of pairs) {
    const key = written.toLowerCase()
    const name = known.find((candidate) => candidate === key)
    if (!name) {
      throw new FlagError(
        `unknown key "${key}" in ${flag} ${text}`,
        didYouMean(Object.hasOwn(meant, key) ? (meant[key] ?? key) : key, known) ?? `keys: ${known.join(', ')}`,
      )
    }
    found.set(name, value)
  }
  return found
}
