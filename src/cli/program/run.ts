import { Option } from 'commander'
import type { Session } from '../session.ts'

/**
 * Starts the work of a command.
 * @param touches `trees`: it reads or writes files of many owners, which an ordinary user can do only in a user namespace
 */
export type Run = (touches: 'documents' | 'trees', work: (session: Session) => Promise<void>) => Promise<void>

/** A flag that may be given several times. */
export function repeatable(flags: string, description: string): Option {
  const option = new Option(flags, description)
  option.argParser((text: string, previous: readonly string[]) => [...previous, text])
  option.defaultValue = []
  return option
}
