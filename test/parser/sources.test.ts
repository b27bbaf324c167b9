import { expect } from 'vitest'
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
