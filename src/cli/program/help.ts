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

/**
 * Breaks what is too long for a terminal between words: the text of a table goes on in its column. Of a paragraph that has lines
 * of its own these are joined first.
 */
export function wrapHelp(text: string, width: number): string {
  const lines: string[] = []
  let isOpen = false
  for (const line of text.split('\n')) {
    const joined: string = isOpen && /^\S/.test(line) ? `${lines.pop()} ${line}` : line
    isOpen = joined.length > width && /^\S/.test(joined)
    lines.push(joined)
  }
  return lines.map((line) => wrapLine(line, width)).join('\n')
}

/** As much room a column of text has at least. */
const narrowest = 20

function wrapLine(line: string, width: number): string {
  if (line.length <= width) return line
  const indent = /^ */.exec(line)?.[0].length ?? 0
  const column = /^ *\S.*? {2,}/.exec(line)?.[0].length ?? 0
  const hanging = column > 0 && column <= width - narrowest ? column : indent === 0 ? 0 : indent + 4
  const done: string[] = []
  let rest = line
  while (rest.length > width) {
    const first = done.length === 0 ? Math.max(indent, hanging) : hanging
    const blank = rest.lastIndexOf(' ', width)
    const at = blank > first ? blank : rest.indexOf(' ', width)
    if (at < 0) break
    done.push(rest.slice(0, at).trimEnd())
    rest = ' '.repeat(hanging) + rest.slice(at).trimStart()
  }
  return [...done, rest].join('\n')
}
