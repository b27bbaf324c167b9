import { readFileSync } from 'node:fs'
import { expect } from 'vitest'
import { parse } from '../../src/parser/index.ts'
import { quotedWords } from '../../src/parser/words.ts'
import { conformancePath } from '../support/conformance.ts'
import { conformanceTable } from '../support/conformance-table.ts'
import { errorOf } from '../support/outcome.ts'
import { scanText, treeNode } from './tree.ts'

const file = 'line-parsers.json'

interface PairRow {
  readonly key: string
  readonly text: string
  readonly nodes?: readonly string[]
  readonly error?: string
}

conformanceTable<PairRow>(file, 'nameVal', ['key', 'text', 'nodes', 'error'], ({ key, text, nodes, error }) => {
  const read = () => scanText(`${key} ${text}`).statements.map(treeNode)[0]?.args
  expect(errorOf(read)?.message).toBe(error)
  if (nodes) expect(read()).toEqual(nodes)
})

interface WordsRow {
  readonly text: string
  readonly words: readonly string[]
}

conformanceTable<WordsRow>(file, 'words', ['text', 'words'], ({ text, words }) => {
  const found = quotedWords({ text, start: 0, end: text.length }, '\\')
  expect(found.map((word) => word.text)).toEqual(words)
})

interface SpanRow {
  readonly file: string
  readonly start: number
  readonly end: number
  readonly children: readonly (readonly [number, number])[]
}

conformanceTable<SpanRow>(file, 'lines', ['file', 'start', 'end', 'children'], (row) => {
  const { statements } = scanText(readFileSync(conformancePath(row.file), 'utf8'))
  const spans = statements.map(({ at }) => [at.start.line + 1, at.end.line + 1])
  expect(spans).toEqual(row.children)
  expect([spans[0]?.[0], spans.at(-1)?.[1]]).toEqual([row.start, row.end])
})

interface WarningRow {
  readonly dockerfile: string
  readonly warnings: readonly (readonly string[])[]
  /** Of every warning; here the description of its rule. */
  readonly detail: string
  readonly observed: readonly { readonly line: number; readonly short: string }[]
}

conformanceTable<WarningRow>(file, 'warnings', ['dockerfile', 'warnings', 'detail', 'observed'], (row) => {
  const found = scanText(row.dockerfile).warnings
  const shown = found.map(({ message, at }) => ({ line: at.end.line + 1, short: message }))
  expect(shown).toMatchObject(row.observed.map(({ line, short }) => ({ line, short })))
  expect(shown).toHaveLength(row.warnings.length)
  row.warnings.forEach((parts, i) => {
    for (const part of parts) expect(shown[i]?.short).toContain(part)
  })
})

interface LongRow {
  readonly before: string
  readonly char: string
  readonly times: number
  readonly after: string
  readonly error?: string
}

conformanceTable<LongRow>(file, 'lineTooLong', ['before', 'char', 'times', 'after', 'error'], (row) => {
  const source = { name: 'Dockerfile', text: row.before + row.char.repeat(row.times) + row.after }
  const error = errorOf(() => parse(source))
  if (row.error === undefined) expect(error).toBeUndefined()
  else expect(error?.message).toContain(row.error)
})
