/** Flags that mean something alone and something else with `=value`; without `=` the next word is not theirs. */
const optionalValues: Readonly<Record<string, string>> = {
  '--pull': 'always',
  '--provenance': 'true',
  '--sbom': 'true',
}

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
  if (flag === '--pull') return [`${flag}=${pullMode(value)}`]
  if (isSwitch(flag)) return switched(flag, value, word)
  return flag.startsWith('--') ? [word] : [`${flag}${value}`]
}

/** Once it was a switch: `--pull=true`. */
function pullMode(value: string): string {
  const always = booleanOf(value)
  return always === undefined ? value : always ? 'always' : 'missing'
}

/** As Go reads them; undefined for any other word. */
function booleanOf(value: string): boolean | undefined {
  if (['1', 't', 'true'].includes(value.toLowerCase())) return true
  return ['0', 'f', 'false'].includes(value.toLowerCase()) ? false : undefined
}

function switched(flag: string, value: string, word: string): readonly string[] {
  const on = booleanOf(value)
  if (on === undefined) return [word]
  if (on) return [flag]
  return flag === '-H' || flag === '--human' ? ['--no-human'] : []
}
