/** Flags that mean something alone and something else with `=value`; without `=` the next word is not theirs. */
const optionalValues: Readonly<Record<string, string>> = {
  '--pull': 'always',
  '--provenance': 'true',
  '--sbom': 'true',
}

/** `--pull=true` was the only form once. */
const pullSpellings: Readonly<Record<string, string>> = { true: 'always', false: 'missing' }

/**
 * Go's flags allow what commander does not: `--no-cache=true`, `--human=false`, `-t=name`, and `--pull` with or without
 * `=value`. Rewrites these; all else is as it was.
 * @param isSwitch tells the flags that take no value
 */
export function normalizeArguments(argv: readonly string[], isSwitch: (flag: string) => boolean): readonly string[] {
  const end = argv.indexOf('--')
  const flags = end < 0 ? argv : argv.slice(0, end)
  return [...flags.flatMap((word) => rewrite(word, isSwitch)), ...argv.slice(flags.length)]
}

function rewrite(word: string, isSwitch: (flag: string) => boolean): readonly string[] {
  const [, flag = word, value] = /^(--[^=]+|-[A-Za-z])=(.*)$/s.exec(word) ?? []
  if (value === undefined) return flag in optionalValues ? [`${flag}=${optionalValues[flag]}`] : [word]
  if (flag === '--pull') return [`${flag}=${pullSpellings[value] ?? value}`]
  if (isSwitch(flag)) return switched(flag, value, word)
  return flag.startsWith('--') ? [word] : [`${flag}${value}`]
}

function switched(flag: string, value: string, word: string): readonly string[] {
  if (['1', 't', 'true'].includes(value.toLowerCase())) return [flag]
  if (!['0', 'f', 'false'].includes(value.toLowerCase())) return [word]
  return flag === '-H' || flag === '--human' ? ['--no-human'] : []
}
