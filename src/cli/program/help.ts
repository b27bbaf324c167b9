import type { Command } from 'commander'

/** What is said of a command below its flags, in its `--help` and in the manual page. */
export interface HelpText {
  /** Paragraphs, or lines that stand as they are. */
  readonly notes?: string
  /** Command lines, each with what it does; `''` where it says that itself. */
  readonly examples: Readonly<Record<string, string>>
}

const texts = new WeakMap<Command, HelpText>()

/** Adds notes and examples to what `--help` prints. */
export function withHelp(command: Command, text: HelpText): Command {
  texts.set(command, text)
  return command.addHelpText('after', () => helpText(text))
}

/** What was added, by `withHelp` or as a text that ends with `Examples:` and a line for each. */
export function helpOf(command: Command): HelpText {
  return texts.get(command) ?? helpIn(command)
}

function helpIn(command: Command): HelpText {
  let text = ''
  const write = (part: string) => {
    text += part
  }
  // commander calls those who add to its help so, and its types do not say it.
  const emitter = command as unknown as NodeJS.EventEmitter
  emitter.emit('afterHelp', { error: false, command, write })
  const [notes = '', examples = ''] = text.split(/^Examples:\n/m)
  const lines = examples.split('\n').filter((line) => line.startsWith('  tsbuild '))
  return {
    notes,
    examples: Object.fromEntries(
      lines.map((line) => {
        const [, words = line, what = ''] = /^ {2}(.*?)(?: {2,}(.*))?$/.exec(line) ?? []
        return [words, what]
      }),
    ),
  }
}

function helpText({ notes, examples }: HelpText): string {
  const width = Math.max(...Object.keys(examples).map((line) => (line.length > longest ? 0 : line.length)))
  const lines = Object.entries(examples).map(([line, what]) =>
    what === ''
      ? `  ${line}`
      : line.length > longest
        ? `  ${line}\n${' '.repeat(width + 4)}${what}`
        : `  ${line.padEnd(width)}  ${what}`,
  )
  const parts = [
    ...(notes === undefined ? [] : [notes.trim()]),
    ...(lines.length > 0 ? [`Examples:\n${lines.join('\n')}`] : []),
  ]
  return parts.map((part) => `\n${part}`).join('\n')
}

/** A command line as long as this has a line of its own. */
const longest = 60
