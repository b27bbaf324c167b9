import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'

const source = path.resolve(import.meta.dirname, '../src')

/** Which folder may import which: docs/architecture.md explains the cuts. `open` rows are free to all. */
const open = [
  'source.ts',
  'errors.ts',
  'limits.ts',
  'logins.ts',
  'secret.ts',
  'make-folder.ts',
  'why-no-file.ts',
  'disk-full.ts',
  'processes.ts',
  'syscalls',
  'turns.ts',
  'text',
  'digest',
]
const allowed: Readonly<Record<string, readonly string[]>> = {
  'source.ts': [],
  'errors.ts': [],
  'limits.ts': [],
  'logins.ts': [],
  'secret.ts': [],
  'make-folder.ts': [],
  'why-no-file.ts': [],
  'disk-full.ts': [],
  'processes.ts': [],
  syscalls: [],
  'turns.ts': [],
  text: [],
  digest: [],
  tree: [],
  image: ['tree'],
  graph: ['image', 'tree'],
  parser: [],
  planner: ['parser', 'graph', 'image', 'tree'],
  store: ['image'],
  erofs: ['tree'],
  cache: ['store', 'erofs', 'image', 'tree'],
  context: ['tree'],
  http: [],
  credentials: ['image'],
  registry: ['image', 'http', 'credentials'],
  remote: ['graph', 'http', 'store', 'tree'],
  ssh: [],
  config: [],
  archive: ['image', 'tree'],
  bases: ['planner', 'graph', 'store', 'registry', 'archive', 'image', 'tree'],
  executor: ['graph', 'cache', 'erofs', 'image', 'tree'],
  builds: ['parser', 'executor', 'graph', 'store'],
  report: ['builds', 'reason-text.ts'],
  export: ['image', 'tree'],
  look: ['image', 'tree'],
  transfer: ['image', 'registry', 'archive', 'export', 'store', 'tree'],
  'shared-cache': ['cache', 'store', 'transfer', 'image', 'tree'],
  kept: ['builds', 'executor', 'cache', 'store', 'graph', 'image', 'tree'],
  usage: ['builds', 'kept', 'store', 'cache'],
}
/** The story, and what plugs the parts together: these know all folders. */
const story = ['cli']

interface Import {
  readonly file: string
  readonly from: string
  readonly to: string
  readonly target: string
}

function sourceFiles(): readonly string[] {
  return readdirSync(source, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .sort()
}

function importsOf(file: string): readonly Import[] {
  const text = readFileSync(path.join(source, file), 'utf8')
  return [...text.matchAll(/(?:from|import\()\s*'(\.[^']+)'/g)].map(([, specifier = '']) => {
    const target = path.posix.normalize(path.posix.join(path.posix.dirname(file), specifier))
    return { file, from: partOf(file), to: partOf(target), target }
  })
}

function partOf(file: string): string {
  return file.split('/')[0] ?? file
}

const imports = sourceFiles().flatMap(importsOf)

test('a folder imports only the rows above it', () => {
  const wrong = imports.filter(({ from, to }) => {
    const rows = allowed[from]
    return rows !== undefined && from !== to && !open.includes(to) && !rows.includes(to)
  })
  expect(wrong.map(({ file, target }) => `${file} imports ${target}`)).toEqual([])
})

test('a folder is imported through its front door, and never by itself', () => {
  const folders = new Set([...Object.keys(allowed), ...story].filter((name) => !name.endsWith('.ts')))
  const wrong = imports.filter(({ from, to, target, file }) => {
    const door = `${to}/index.ts`
    return folders.has(to) && (from === to ? target === door && file !== door : target !== door)
  })
  expect(wrong.map(({ file, target }) => `${file} imports ${target}`)).toEqual([])
})

test('dockerfile-ast is known to the parser alone', () => {
  const users = sourceFiles().filter((file) =>
    readFileSync(path.join(source, file), 'utf8').includes("'dockerfile-ast'"),
  )
  expect(users.map(partOf).filter((part) => part !== 'parser')).toEqual([])
})

test('only the command line uses process, console and the clock', () => {
  const globals = /\b(?:process\.(?!getuid|geteuid)|console\.|Date\.now\(\)|new Date\(\))/
  const users = sourceFiles().filter((file) => {
    const code = readFileSync(path.join(source, file), 'utf8').replace(/\/\*[\s\S]*?\*\/|\/\/.*/g, '')
    return globals.test(code)
  })
  expect(users.filter((file) => partOf(file) !== 'cli')).toEqual([])
})
