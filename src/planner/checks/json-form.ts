import { withoutLogins } from '../../logins.ts'
import type { Command, Instruction } from '../../parser/index.ts'
import { excerpt } from '../excerpt.ts'
import type { Warn } from './checks.ts'

/**
 * A JSON array with a slip in it is words or a shell command, without an error. Only what can hardly be meant as such is
 * told of: `[ -f x ] && y`, `[ 'a' = "$b" ]` and PowerShell's `[Type]::Method(…)` are what they look like.
 */
export function checkJsonForm(instruction: Instruction, warn: Warn): void {
  const text = textOf(instruction)?.trim()
  if (text === undefined || !looksLikeJson(text)) return
  const message = `${instruction.keyword.toUpperCase()} ${excerpt(withoutLogins(text))} is not valid JSON, and is taken for ${taken(instruction)}`
  warn({ rule: 'tsbuild/JSONFormFallback', message, at: instruction.at })
}

/** True for `['a', …`, `["a", …`, `[“a”, …` and `[a, b]`; after a blank, only for a whole list of quoted strings. */
export function looksLikeJson(text: string): boolean {
  if (!text.startsWith('[') || text.length > lengthLimit) return false
  return /^\[["'‘’“”]/.test(text) || /^\[[^\s[\]"',]+,[^[\]]*\]$/.test(text) || quotedList.test(text)
}

/** A list is short; a script is not. */
const lengthLimit = 10_000

/** `[ 'a', 'b', ]`, with a comma at least. */
const quotedList = /^\[\s+(?:"[^"]*"|'[^']*')\s*,\s*(?:(?:"[^"]*"|'[^']*')\s*(?:,\s*)?)*\]$/

function textOf(instruction: Instruction): string | undefined {
  switch (instruction.kind) {
    case 'run':
    case 'cmd':
    case 'entrypoint':
      return shellText(instruction.command)
    case 'healthcheck':
      return instruction.test.type === 'cmd' ? shellText(instruction.test.command) : undefined
    case 'copy':
    case 'add':
      return instruction.json ? undefined : wordsOf([...instruction.sources, instruction.dest])
    case 'volume':
      return wordsOf(instruction.paths)
    default:
      return undefined
  }
}

function shellText(command: Command): string | undefined {
  return command.form === 'shell' ? command.text : undefined
}

function wordsOf(words: readonly { readonly text: string }[]): string {
  return words.map(({ text }) => text).join(' ')
}

function taken({ kind }: Instruction): string {
  return kind === 'copy' || kind === 'add' || kind === 'volume' ? 'words parted by blanks' : 'a shell command'
}
