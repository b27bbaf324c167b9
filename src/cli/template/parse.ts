import { FlagError } from '../flags/flag-error.ts'
import { isFunction } from './functions.ts'
import { lex, type Part } from './lex.ts'
import type { Command, Node, Operand, Pipeline } from './node.ts'

/** Reads a template into its nodes. @throws {FlagError} */
export function parse(template: string): readonly Node[] {
  const reader = new PartReader(lex(template))
  const nodes = reader.list()
  if (reader.closing) throw new FlagError(`--format: "{{${reader.closing}}}" without a beginning`)
  return nodes
}

class PartReader {
  readonly #parts: readonly Part[]
  #at = 0
  /** The `end` or `else` that ended the last list. */
  closing: string | undefined

  constructor(parts: readonly Part[]) {
    this.#parts = parts
  }

  list(): readonly Node[] {
    const nodes: Node[] = []
    this.closing = undefined
    for (let part = this.#parts[this.#at++]; part; part = this.#parts[this.#at++]) {
      if ('text' in part) nodes.push({ kind: 'text', text: part.text })
      else if (part.words[0] === 'end' || part.words[0] === 'else') {
        this.closing = part.words.join(' ')
        return nodes
      } else nodes.push(this.#action(part.words))
    }
    return nodes
  }

  #action(words: readonly string[]): Node {
    const [first, ...rest] = words
    if (first !== 'if' && first !== 'range' && first !== 'with') return { kind: 'print', pipeline: readPipeline(words) }
    const then = this.list()
    const otherwise = this.#otherwise()
    return { kind: first, pipeline: readPipeline(rest), then, otherwise }
  }

  #otherwise(): readonly Node[] {
    const closing = this.closing
    if (closing === 'end') return []
    if (closing === undefined) throw new FlagError('--format: "{{end}}" is missing')
    if (closing !== 'else') return [this.#action(closing.split(' ').slice(1))]
    const nodes = this.list()
    if (this.closing !== 'end') throw new FlagError('--format: "{{end}}" is missing')
    return nodes
  }
}

function readPipeline(words: readonly string[]): Pipeline {
  const reader = { words, at: 0 }
  const pipeline = pipelineOf(reader)
  if (reader.at < words.length) throw new FlagError(`--format: unexpected "${words[reader.at]}"`)
  return pipeline
}

interface WordReader {
  readonly words: readonly string[]
  at: number
}

function pipelineOf(reader: WordReader): Pipeline {
  const commands: Command[] = []
  for (;;) {
    const command: Operand[] = []
    for (
      let word = reader.words[reader.at];
      word && word !== '|' && !word.startsWith(')');
      word = reader.words[reader.at]
    ) {
      reader.at++
      command.push(word === '(' ? group(reader) : operand(word))
    }
    if (command.length === 0) throw new FlagError('--format: a value is missing')
    commands.push(command)
    if (reader.words[reader.at] !== '|') return commands
    reader.at++
  }
}

function group(reader: WordReader): Operand {
  const pipeline = pipelineOf(reader)
  const close = reader.words[reader.at++]
  if (!close?.startsWith(')')) throw new FlagError('--format: ")" is missing')
  return { kind: 'group', pipeline, path: close.split('.').slice(1) }
}

const constants: Readonly<Record<string, boolean | undefined>> = { true: true, false: false, nil: undefined }

function operand(word: string): Operand {
  if (word.startsWith('.') || word.startsWith('$')) {
    return { kind: 'field', fromRoot: word.startsWith('$'), path: word.split('.').slice(1).filter(Boolean) }
  }
  if (word.startsWith('"')) return { kind: 'literal', value: JSON.parse(word) as string }
  if (word.startsWith('`')) return { kind: 'literal', value: word.slice(1, -1) }
  if (/^-?\d+(\.\d+)?$/.test(word)) return { kind: 'literal', value: Number(word) }
  if (word in constants) return { kind: 'literal', value: constants[word] }
  if (isFunction(word)) return { kind: 'function', name: word }
  throw new FlagError(`--format: function "${word}" not defined`)
}
