import { expect } from 'vitest'
import { detectSyntax, readDirectives, syntaxImage } from '../../src/parser/directives.ts'
import { placesIn } from '../../src/parser/places.ts'
import { conformanceTable } from '../support/conformance-table.ts'

const directives = (text: string) => readDirectives(text, placesIn({ name: 'Dockerfile', text }))
const lineOf = (text: string, offset: number) => text.slice(0, offset).split('\n').length

interface AllRow {
  readonly text: string
  readonly directives: readonly { readonly name: string; readonly value: string }[]
  readonly observed: { readonly lines: readonly number[] }
}

conformanceTable<AllRow>('directives.json', 'parseAll', ['text', 'directives', 'observed'], (row) => {
  const found = directives(row.text).map(({ name, value, start }) => ({ name, value, line: lineOf(row.text, start) }))
  expect(found).toEqual(row.directives.map((directive, i) => ({ ...directive, line: row.observed.lines[i] })))
})

interface OneRow {
  readonly text: string
  readonly found: boolean
  /** Up to the first blank of `cmdline`. */
  readonly ref?: string
  readonly cmdline?: string
  readonly line?: number
  /** The same, of the reference, for what its test does not ask. */
  readonly observed: { readonly cmdline: string; readonly ref: string; readonly line?: number }
}

/** BuildKit says line 0 for the JSON form, which has no line of its own. */
function expectDirective({ found, observed, ...asserted }: OneRow, value: string | undefined, line: number) {
  const expected = { ...observed, ...asserted }
  expect(value !== undefined).toBe(found)
  expect(value ?? '').toBe(expected.cmdline)
  expect(syntaxImage(value ?? '')).toBe(expected.ref)
  if (value !== undefined && expected.line) expect(line).toBe(expected.line)
}

const oneFields = ['text', 'found', 'ref', 'cmdline', 'line', 'observed'] as const
conformanceTable<OneRow>('directives.json', 'detectSyntax', oneFields, (row) => {
  const syntax = detectSyntax(row.text)
  expectDirective(row, syntax?.value, syntax ? lineOf(row.text, syntax.range.start) : 0)
})

conformanceTable<OneRow & { readonly key: string }>(
  'directives.json',
  'parseDirective',
  [...oneFields, 'key'],
  (row) => {
    const directive = directives(row.text).find(({ name }) => name === row.key)
    expectDirective(row, directive?.value, directive ? lineOf(row.text, directive.start) : 0)
  },
)
