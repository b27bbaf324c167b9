import { expect, test } from 'vitest'
import { conformanceTable } from '../support/conformance-table.ts'
import { readFirst } from './first-instruction.ts'

interface CopyRow {
  readonly dockerfile: string
  readonly sources: readonly string[]
  readonly dest: string
  readonly contents: readonly { readonly path: string; readonly data: string; readonly expand: boolean }[]
}

const copyFields = ['dockerfile', 'sources', 'dest', 'contents'] as const
conformanceTable<CopyRow>('instructions.json', 'copyHeredoc', copyFields, ({ dockerfile, sources, dest, contents }) => {
  const copy = readFirst(dockerfile)
  if (copy.kind !== 'copy') throw new Error(copy.kind)
  expect(copy.sources.map(({ text }) => text)).toEqual(sources)
  expect(copy.dest.text).toBe(dest)
  expect(copy.heredocs.map(({ name, text, expand }) => ({ path: name, data: text, expand }))).toEqual(contents)
})

/** A no-break space parts the words of a shell, and so heredoc words, but not the words of COPY. */
test.each([
  ['COPY a\u00a0<<A /d\n1\nA\n', ['a\u00a0<<A'], '/d'],
  ['COPY <<A\u00a0b /d\n1\nA\n', ['<<A\u00a0b'], '/d'],
  ['COPY a <<A\u00a0b\n1\nA\n', ['a'], '<<A\u00a0b'],
])('%j: a heredoc that begins or ends inside a word is no source', (text, sources, dest) => {
  const copy = readFirst(text)
  if (copy.kind !== 'copy') throw new Error(copy.kind)
  expect([copy.sources.map((word) => word.text), copy.dest.text, copy.heredocs]).toEqual([sources, dest, []])
})
