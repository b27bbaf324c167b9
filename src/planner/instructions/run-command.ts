import type { RunOp } from '../../graph/index.ts'
import type { RunInstruction } from '../../parser/index.ts'
import type { StageState } from '../state.ts'
import { withShell } from './command.ts'
import { fileName } from './heredoc-name.ts'

/** What a RUN executes. */
export interface RunCommand {
  readonly argv: readonly string[]
  readonly scripts: RunOp['scripts']
  /** What the progress view adds for a heredoc: ` (first line...)`. */
  readonly summary: string
}

/** A text that is one heredoc word and nothing else. */
const soleHeredoc = /^\d*<<-?\s*(?:"[^"]*"|'[^']*'|[^\s"'<])+$/

/**
 * Shell form for the SHELL in force, exec form as it is. A sole heredoc is the script itself: run by the shell, or, when it
 * begins with `#!`, a file that is executed. Beside other words heredocs are left to the shell.
 */
export function runCommand({ command, heredocs }: RunInstruction, state: StageState): RunCommand {
  if (command.form === 'exec') return { argv: command.argv, scripts: [], summary: '' }
  const [first, ...others] = heredocs
  if (!first) return { argv: withShell(command.text, state), scripts: [], summary: '' }
  if (others.length > 0 || !soleHeredoc.test(command.text.trim())) {
    const bodies = heredocs.map((heredoc) => `\n${heredoc.raw}${heredoc.name}`)
    return { argv: withShell(command.text + bodies.join(''), state), scripts: [], summary: '' }
  }
  const summary = ` (${summarize(first.text)})`
  if (!first.text.startsWith('#!')) return { argv: withShell(first.text, state), scripts: [], summary }
  const path = `/dev/pipes/${fileName(first)}`
  return { argv: withShell(path, state), scripts: [{ path, text: first.text }], summary }
}

function summarize(text: string): string {
  const [first = '', ...others] = text.trim().split(/\r?\n/)
  return others.length === 0 ? first : `${first}...`
}
