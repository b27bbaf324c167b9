import { Option } from 'commander'
import type { Session } from '../session.ts'

/**
 * Starts the work of a command.
 * @param touches `trees`: it reads or writes files of many owners, which an ordinary user can do only in a user namespace
 */
export type Run = (touches: 'documents' | 'trees', work: (session: Session) => Promise<void>) => Promise<void>

export const progressHelp =
  'auto, tty, plain, ordered (step after step), github or gitlab (the same, folded for their logs), rawjson, quiet or none (default: auto)'

/** What files of others may ask for. */
export function limitFlag(): Option {
  return repeatable(
    '--limit <name=value>',
    'what a file may ask for: archive-entries=9000000; docs/limits.md has the names',
  ).helpGroup('Limits:')
}

/** A flag that may be given several times. */
export function repeatable(flags: string, description: string): Option {
  const option = new Option(flags, description)
  option.argParser((text: string, previous: readonly string[]) => [...previous, text])
  option.defaultValue = []
  return option
}
