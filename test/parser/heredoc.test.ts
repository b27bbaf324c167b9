import { readFileSync } from 'node:fs'
import { expect } from 'vitest'
import { chompTabs, readHeredocWord } from '../../src/parser/heredoc.ts'
import { conformancePath, hasConformance } from '../support/conformance.ts'
import { conformanceTable } from '../support/conformance-table.ts'
import { errorOf } from '../support/outcome.ts'
import { scanText } from './tree.ts'

const file = 'parser-heredoc.json'
const { dockerfiles } = (
  hasConformance ? JSON.parse(readFileSync(conformancePath(file), 'utf8')) : { dockerfiles: {} }
) as { readonly dockerfiles: Readonly<Record<string, string>> }

interface ExtractRow {
  readonly dockerfile: string
  readonly child: number
  readonly heredocs: readonly {
    readonly name: string
    readonly content: string
    readonly expand: boolean
    readonly chomp: boolean
    readonly fd: number
  }[]
  readonly observedOriginal: string
}

conformanceTable<ExtractRow>(file, 'extract', ['dockerfile', 'child', 'heredocs', 'observedOriginal'], (row) => {
  const statement = scanText(dockerfiles[row.dockerfile] ?? '').statements[row.child]
  expect(statement?.text).toBe(row.observedOriginal)
  const found = statement?.heredocs.map(({ raw, word: _, ...heredoc }) => ({ ...heredoc, content: raw }))
  expect(found).toEqual(row.heredocs)
})

interface WordRow {
  readonly name?: string
  readonly word: string
  readonly kind: 'heredoc' | 'none' | 'error'
  readonly observed?: { readonly error?: string }
}

conformanceTable<WordRow>(file, 'word', ['name', 'word', 'kind', 'observed'], ({ name, word, kind, observed }) => {
  expect(errorOf(() => readHeredocWord(word))?.message).toBe(observed?.error)
  if (kind !== 'error') expect(readHeredocWord(word)).toEqual(kind === 'none' ? undefined : { ...observed, name })
})

interface LineRow {
  readonly line: string
  readonly names: readonly string[]
  /** What upstream's table has and its test never compares. */
  readonly upstreamTableSays?: unknown
  readonly note?: string
}

conformanceTable<LineRow>(file, 'line', ['line', 'names', 'upstreamTableSays', 'note'], ({ line, names }) => {
  const bodies = names.map((name) => `${name}\n`).join('')
  const found = scanText(`${line}\n${bodies}`).statements[0]?.heredocs
  expect(found?.map(({ name }) => name)).toEqual(names)
})

interface ChompRow {
  readonly content: string
  readonly chomped: string
}

conformanceTable<ChompRow>(file, 'chomp', ['content', 'chomped'], ({ content, chomped }) =>
  expect(chompTabs(content)).toBe(chomped),
)
