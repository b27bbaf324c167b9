import type { Command } from 'commander'
import type { Session } from '../session.ts'
import { complete } from './complete.ts'
import { finder } from './find.ts'
import type { Completion } from './values.ts'

/**
 * Answers `tsbuild __complete`, by which the scripts of shells ask what may come: a candidate on each line, behind a tab what it does; the last line says what else may come, and whether
 * the word goes on. Nothing for what goes wrong: there is no place for an error where somebody types.
 * @param words as `complete` takes them
 */
export async function completeCommand(session: Session, program: Command, words: readonly string[]): Promise<void> {
  const names = program.commands.map((command) => command.name())
  session.out.print(answerOf(await complete(program, words, finder(session, names)).catch(() => undefined)))
}

function answerOf(completion: Completion | undefined): string {
  if (!completion) return ':nothing\n'
  const { candidates, also, goesOn } = completion
  const lines = candidates.map(({ value, description }) => (description ? `${value}\t${description}` : value))
  return [...lines, `:${also}${goesOn ? ' goes-on' : ''}`].map((line) => `${line}\n`).join('')
}
