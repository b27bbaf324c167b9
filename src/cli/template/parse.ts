import { FlagError } from '../flags/flag-error.ts'
import { isFunction } from './functions.ts'
import { lex, type Part } from './lex.ts'
import type { Command, Node, Operand, Pipeline } from './node.ts'

/** Reads a template into its nodes. @throws {FlagError} */
export function parse(template: string): readonly Node[] {
  const { nodes, closing } = readList({ parts: lex(template), at: 0 })
  if (closing !== undefined) throw new FlagError(`--format: "{{${closing}}}" without a beginning`)
  return nodes
}

interface PartReader {
  readonly parts: readonly Part[]
  at: number
}

/** Nodes up to the `end` or `else …` that closes them. */
interface List {
  readonly nodes: readonly Node[]
  readonly closing: string | undefined
}

function readList(reader: PartReader): List {
  const nodes: Node[] = []
  for (let part = reader.parts[reader.at++]; part; part = reader.parts[reader.at++]) {
    if ('text' in part) nodes.push({ kind: 'text', text: part.text })
    else if (part.words[0] === 'end' || part.words[0] === 'else') return { nodes, closing: part.words.join(' ') }
    else nodes.push(readAction(part.words, reader))
  }
  return { nodes, closing: undefined }
}

function readAction(words: readonly string[], reader: PartReader): Node {
  const [kind, ...rest] = words
  if (kind !== 'if' && kind !== 'range' && kind !== 'with') return { kind: 'print', pipeline: readPipeline(words) }
  const body = readList(reader)
  return { kind, pipeline: readPipeline(rest), body: body.nodes, otherwise: readOtherwise(body.closing, reader) }
}

function readOtherwise(closing: string | undefined, reader: PartReader): readonly Node[] {
  if (closing === 'end') return []
  if (closing?.startsWith('else ')) return [readAction(closing.split(' ').slice(1), reader)]
  const otherwise = closing === 'else' ? readList(reader) : undefined
  if (otherwise?.closing !== 'end') throw new FlagError('--format: "{{end}}" is missing')
  return otherwise.nodes
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
