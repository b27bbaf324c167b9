/**
 * The attacks that tests try. A test of one has a title that begins with the id of the attack, or with several: `'A11 A12 texts
 * of links'`. `node scripts/list-security-cases.ts` prints each id with its test files. With `--write` it writes the last column
 * of the tables in docs/security.md anew; what people wrote about an attack stays, and an id that is not there yet is an error.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'

/** A row of a table in docs/security.md. */
export interface AttackRow {
  /** `A01`: section and number. */
  readonly id: string
  /** What somebody tries. */
  readonly attack: string
  /** What becomes of it; for an attack without a test, why there is none. */
  readonly outcome: string
  /** The last column: test files below `test/`, or `–`. */
  readonly tests: string
}

const root = path.resolve(import.meta.dirname, '..')
const page = path.join(root, 'docs', 'security.md')
const row = /^\| ([A-L]\d\d) \| (.*) \| (.*) \| ([^|]*) \|$/gm
/** A text that begins with ids: `A11 A12 …`, `D28, G01: …`. */
const title = /(?<=['"`])(?:[A-L]\d\d[,:]? )+(?=\S)/g

/** The test files of each attack, sorted. */
export function testedAttacks(): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, string[]>()
  for (const file of testFiles()) {
    const text = readFileSync(path.join(root, 'test', file), 'utf8')
    const ids = new Set([...text.matchAll(title)].flatMap(([titles]) => titles.match(/[A-L]\d\d/g) ?? []))
    for (const id of ids) found.set(id, [...(found.get(id) ?? []), file])
  }
  return new Map([...found].sort(([a], [b]) => (a < b ? -1 : 1)))
}

/** The rows of docs/security.md, in its order. */
export function describedAttacks(): readonly AttackRow[] {
  const rows = readFileSync(page, 'utf8').matchAll(row)
  return [...rows].map(([, id = '', attack = '', outcome = '', tests = '']) => ({ id, attack, outcome, tests }))
}

/** The last column of a row. */
export function testColumn(files: readonly string[] = []): string {
  return files.length === 0 ? '–' : files.map((file) => `\`test/${file}\``).join(', ')
}

function testFiles(): readonly string[] {
  const all = readdirSync(path.join(root, 'test'), { recursive: true, encoding: 'utf8' })
  return all.filter((file) => file.endsWith('.test.ts')).sort()
}

function writePage(tested: ReadonlyMap<string, readonly string[]>): void {
  const missing = [...tested.keys()].filter((id) => describedAttacks().every((one) => one.id !== id))
  if (missing.length > 0) throw new Error(`docs/security.md has no row for ${missing.join(', ')}`)
  const text = readFileSync(page, 'utf8')
  const written = text.replaceAll(
    row,
    (_, id: string, attack: string, outcome: string) =>
      `| ${id} | ${attack} | ${outcome} | ${testColumn(tested.get(id))} |`,
  )
  writeFileSync(page, written)
}

if (import.meta.main) {
  const tested = testedAttacks()
  if (process.argv.includes('--write')) writePage(tested)
  else for (const [id, files] of tested) console.log(id, ...files)
}
