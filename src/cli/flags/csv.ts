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

/** `type=oci,dest=x` as a map with lower-case keys; a field without `=` is a key with an empty value. */
export function readFields<K extends string>(flag: string, text: string, known: readonly K[]): ReadonlyMap<K, string> {
  const found = new Map<K, string>()
  for (const field of readCsv(flag, text)) {
    const at = field.indexOf('=')
    const key = (at < 0 ? field : field.slice(0, at)).trim().toLowerCase()
    const name = known.find((candidate) => candidate === key)
    if (!name) {
      throw new FlagError(
        `unknown key "${key}" in ${flag} ${text}`,
        didYouMean(key, known) ?? `keys: ${known.join(', ')}`,
      )
    }
    found.set(name, at < 0 ? '' : field.slice(at + 1))
  }
  return found
}
