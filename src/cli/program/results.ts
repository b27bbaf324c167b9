import type { Command, Option } from 'commander'

/** Flags of a build about what comes of it. */
const results: readonly string[] = [
  ...['--output', '--push', '--load', '--iidfile', '--digest-file', '--metadata-file', '--report'],
  ...['--max-size', '--max-growth', '--compare-to', '--summary', '--watch', '--cache-max', '--cache-to'],
  ...['--on-error', '--on-error-output'],
]

/** What `--help` says of them where they change nothing. */
export const resultsHelp =
  'Flags of a build about what comes of it (-o, --push, --iidfile …) are taken too, so that a script can give all that it has, and have no effect.'

/** Of a command that builds nothing: takes them without listing them, and says in its words what `-q` does. */
export function hideResults(command: Command): void {
  for (const option of command.options) {
    if (results.includes(option.long ?? '')) option.hideHelp()
    if (option.long === '--quiet') option.description = 'leave notes out'
  }
}

/** Gives a flag of builds that is taken the meaning that it has for this command. */
export function redefine(command: Command, long: string, shown: Pick<Option, 'flags' | 'description'>): void {
  for (const option of command.options) if (option.long === long) Object.assign(option.hideHelp(false), shown)
}

/** One line about those that were given. @param flags as commander names them */
export function resultNotes(flags: object): readonly string[] {
  const given = results.filter((flag) => {
    const value: unknown = Reflect.get(flags, camelCase(flag))
    return Array.isArray(value) ? value.length > 0 : value !== undefined
  })
  if (given.length === 0) return []
  return [`nothing is built here, so that ${given.join(', ')} ${given.length === 1 ? 'has' : 'have'} no effect`]
}

function camelCase(flag: string): string {
  return flag.slice(2).replace(/-(.)/g, (_, letter: string) => letter.toUpperCase())
}
