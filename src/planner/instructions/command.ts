import type { Command } from '../../parser/index.ts'
import type { StageState } from '../state.ts'

const defaultShell = ['/bin/sh', '-c']
const windowsShell = ['cmd', '/S', '/C']

/** The argv of a command: exec form as it is, shell form as one text for the SHELL in force. */
export function commandLine(command: Command, state: StageState): readonly string[] {
  return command.form === 'exec' ? command.argv : withShell(command.text, state)
}

/** A text for the SHELL in force. */
export function withShell(text: string, state: StageState): readonly string[] {
  const shell = state.image.config?.Shell
  const byDefault = state.image.os === 'windows' ? windowsShell : defaultShell
  return [...(shell?.length ? shell : byDefault), text]
}

/** An empty list is left out of a config. */
export function unlessEmpty(list: readonly string[]): readonly string[] | undefined {
  return list.length === 0 ? undefined : list
}
