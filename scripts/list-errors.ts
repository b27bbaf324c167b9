/**
 * The error codes of the sources. `node scripts/list-errors.ts` prints each with its files and messages. With `--write` it
 * brings docs/errors.md up to date: a new code gets a row with its message and hint, one that is gone loses its row, the
 * last column is written anew, and what people wrote about a code stays.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'

/** A code, where it is thrown, and what is said then. */
export interface ErrorCode {
  readonly code: string
  /** Below `src/`, sorted. */
  readonly files: readonly string[]
  /** Message and hint as they stand in the source, each once; `…` for what is put in. */
  readonly texts: readonly string[]
}

const root = path.resolve(import.meta.dirname, '..')
const page = path.join(root, 'docs', 'errors.md')

/** All codes that the sources throw, sorted. */
export function listErrors(): readonly ErrorCode[] {
  const found = new Map<string, { files: Set<string>; texts: Set<string> }>()
  for (const file of sourceFiles()) {
    const code = withoutReaders(readFileSync(path.join(root, 'src', file), 'utf8'))
    for (const match of code.matchAll(thrown)) {
      const [, name = ''] = match
      const { files, texts } = found.get(name) ?? { files: new Set(), texts: new Set() }
      found.set(name, { files: files.add(file), texts: texts.add(textOf(match)) })
    }
  }
  return [...found]
    .map(([code, { files, texts }]) => ({ code, files: [...files], texts: [...texts].filter(Boolean) }))
    .sort((a, b) => (a.code < b.code ? -1 : 1))
}

/** The rows of docs/errors.md by code: what is written about each. */
export function describedErrors(): ReadonlyMap<string, string> {
  const rows = readFileSync(page, 'utf8').matchAll(/^\| `(TSB_[A-Z_]+)` \| (.*) \| [^|]* \|$/gm)
  return new Map([...rows].map(([, code = '', text = '']) => [code, text]))
}

function sourceFiles(): readonly string[] {
  const all = readdirSync(path.join(root, 'src'), { recursive: true, encoding: 'utf8' })
  return all.filter((file) => file.endsWith('.ts')).sort()
}

/** Takes away comments, types and comparisons: a code in them is not thrown there. */
function withoutReaders(source: string): string {
  return source
    .replaceAll(/\/\*[\s\S]*?\*\/|(?<!['"`:].*)\/\/.*/g, '')
    .replaceAll(/^\s*\| 'TSB_\w+'$/gm, '')
    .replaceAll(/\[[^\]]*\]\.includes\(|new Set\(\[[^\]]*\]\)|[!=]== 'TSB_\w+'|isTsbuildError\([^)]*\)/g, '')
}

const literal = /'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|`(?:[^`\\]|\\.)*`/.source
/** A code, then perhaps its message, then perhaps a hint before the next code. */
const thrown = new RegExp(
  `'(TSB_[A-Z_]*[A-Z])'(?:,\\s*(?!'TSB_)(${literal}))?(?:(?:(?!TSB_)[^;]){0,200}?hint:\\s*(${literal}))?`,
  'g',
)

function textOf([, , message, hint]: RegExpMatchArray): string {
  return [message, hint]
    .flatMap((text) => (text === undefined ? [] : [text.slice(1, -1).replaceAll(/\$\{[^}]*\}/g, '…')]))
    .map((text) => text.replaceAll(/\\(['"`\\])/g, '$1').replaceAll('|', '\\|'))
    .join(': ')
}

/** Titles of the page, by the folder in which a code is thrown first. */
const parts: Readonly<Record<string, string>> = {
  parser: 'Reading the Dockerfile',
  planner: 'What the Dockerfile asks for',
  context: 'The build context',
  executor: 'Steps',
  tree: 'Files and archives',
  image: 'Images and their names',
  registry: 'Registries',
  remote: 'URLs and repositories',
  http: 'URLs and repositories',
  archive: 'Image archives',
  store: 'The store',
  cache: 'The store',
  export: 'Outputs',
  ssh: 'Options',
  library: 'Options',
  cli: 'Options',
}

function partOf({ files }: ErrorCode): string {
  const folders = files.map((file) => file.split('/')[0] ?? '')
  const first = Object.keys(parts).find((folder) => folders.includes(folder))
  return first === undefined ? 'Elsewhere' : (parts[first] ?? '')
}

function rows(errors: readonly ErrorCode[]): string {
  const described = describedErrors()
  const titles = [...new Set([...Object.values(parts), 'Elsewhere'])]
  return titles
    .flatMap((title) => {
      const own = errors.filter((error) => partOf(error) === title)
      const lines = own.map(({ code, files, texts }) => {
        const text = described.get(code) ?? texts.join(' / ')
        return `| \`${code}\` | ${text} | ${files.map((file) => `\`${file}\``).join(', ')} |`
      })
      return own.length === 0
        ? []
        : [`## ${title}\n\n| code | meaning, and what to do | thrown in |\n|---|---|---|\n${lines.join('\n')}\n`]
    })
    .join('\n')
}

if (import.meta.main) {
  const errors = listErrors()
  if (process.argv.includes('--write')) {
    const [head = ''] = readFileSync(page, 'utf8').split(/^## Reading the Dockerfile$/m)
    writeFileSync(page, `${head}${rows(errors)}`)
  } else {
    for (const { code, files, texts } of errors) console.log([code, ...files, ...texts].join('\n  '))
  }
}
