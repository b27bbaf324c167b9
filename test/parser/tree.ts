import type { Lexeme } from '../../src/parser/characters.ts'
import { escapeOf, readDirectives } from '../../src/parser/directives.ts'
import { readExecForm } from '../../src/parser/exec-form.ts'
import { readPairs } from '../../src/parser/pairs.ts'
import { placesIn } from '../../src/parser/places.ts'
import { scan, splitStatement } from '../../src/parser/scan.ts'
import type { Statement } from '../../src/parser/statement.ts'
import { firstWord, plainWords, quotedWords } from '../../src/parser/words.ts'

/** A Dockerfile as statements, before their arguments are checked: what BuildKit's parse tree shows. */
export function scanText(text: string) {
  const source = { name: 'Dockerfile', text }
  const place = placesIn(source)
  const directives = readDirectives(text, place)
  const escapeChar = escapeOf(text, directives, place)
  return { ...scan(source, escapeChar, place, directives.at(-1)?.end), directives, escape: escapeChar }
}

/** An instruction in the form of BuildKit's parse tree. */
export interface TreeNode {
  readonly keyword: string
  readonly flags: readonly string[]
  readonly args: readonly (string | TreeNode)[]
  readonly json: boolean
}

export function treeNode(statement: Statement): TreeNode {
  const { keyword, flags, rest } = statement
  const args = rest.text === '' ? [] : argumentNodes(statement)
  const command = keyword.text.toLowerCase() === 'healthcheck' ? firstWord(rest).tail : rest
  const mayBeJson = /^(add|copy|volume|run|cmd|entrypoint|shell|healthcheck)$/i.test(keyword.text)
  const json = mayBeJson && command !== undefined && readExecForm(statement, command) !== undefined
  return { keyword: keyword.text, flags: flags.map(({ text }) => text), args, json }
}

function argumentNodes(statement: Statement): readonly (string | TreeNode)[] {
  const { keyword, rest } = statement
  switch (keyword.text.toLowerCase()) {
    case 'add':
    case 'copy':
    case 'volume':
      return texts(readExecForm(statement, rest) ?? plainWords(rest))
    case 'run':
    case 'cmd':
    case 'entrypoint':
    case 'shell':
      return texts(readExecForm(statement, rest) ?? [rest])
    case 'from':
    case 'expose':
      return texts(plainWords(rest))
    case 'maintainer':
    case 'stopsignal':
    case 'user':
    case 'workdir':
      return [rest.text]
    case 'arg':
      return texts(quotedWords(rest, statement.escape))
    case 'env':
    case 'label': {
      const { pairs, legacy } = readPairs({ ...statement, flags: [] })
      return pairs.flatMap(({ name, value }) => [name.text, value.text, legacy ? '' : '='])
    }
    case 'healthcheck': {
      const { head, tail } = firstWord(rest)
      return tail ? [head.text, ...texts(readExecForm(statement, tail) ?? [tail])] : [head.text]
    }
    case 'onbuild':
      return [treeNode({ ...statement, ...splitStatement(rest.text) })]
    default:
      return ['']
  }
}

function texts(words: readonly Lexeme[]): readonly string[] {
  return words.map(({ text }) => text)
}

/** The dump format of BuildKit's parser tests. */
export function dump(node: TreeNode): string {
  const flags = node.flags.length > 0 ? ` [${node.flags.map(quote).join(' ')}]` : ''
  const args = node.args.map((arg) => ` ${typeof arg === 'string' ? quote(arg) : dump(arg)}`)
  return `(${node.keyword.toLowerCase()}${flags}${args.join('')})`
}

const escapes = new Map([
  ['"', '\\"'],
  ['\\', '\\\\'],
  ['\u0007', '\\a'],
  ['\b', '\\b'],
  ['\f', '\\f'],
  ['\n', '\\n'],
  ['\r', '\\r'],
  ['\t', '\\t'],
  ['\v', '\\v'],
])

/** As Go quotes a string. */
function quote(text: string): string {
  const quoted = text.replaceAll(/[\0-\x1f\x7f"\\]/g, (char) => {
    return escapes.get(char) ?? `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`
  })
  return `"${quoted}"`
}
