import { expect } from 'vitest'
import { parseMount } from '../../../src/planner/mounts/spec.ts'
import { expandWord, lookupIn } from '../../../src/planner/words/index.ts'
import { readFirst } from '../../parser/first-instruction.ts'
import { conformanceTable } from '../../support/conformance-table.ts'
import { errorOf } from '../../support/outcome.ts'

interface MountRow {
  readonly spec: string
  readonly mount?: Readonly<Record<string, unknown>>
  readonly error?: string
  readonly phase?: 'parse' | 'expand'
}

const variables = lookupIn(new Map(Object.entries({ X: '/ex', T: '/et', I: 'ei', Y: 'cache', F: 'ef' })))

/** tsbuild has its suggestion in the hint, and suggests only what is close to what was typed. */
const bare = (message: string | undefined) =>
  message?.replace(/ \(did you mean .*\)$/, '').replace(/^dockerfile parse error on line \d+: /, '')

conformanceTable<MountRow>('instructions.json', 'mount', ['spec', 'mount', 'error', 'phase'], (row) => {
  const read = () => readFirst(`RUN --mount='${row.spec}' x`)
  if (row.phase === 'parse') return expect(bare(errorOf(read)?.message)).toBe(row.error)
  const run = read()
  if (run.kind !== 'run') throw new Error(run.kind)
  const parse = () => parseMount(run.mounts[0]?.fields ?? [], (text) => expandWord(text, variables, '\\').value)
  expect(bare(errorOf(parse)?.message)).toBe(bare(row.error))
  if (!row.mount) return
  const { readOnly, ...spec } = parse()
  const byDefault = spec.type !== 'cache' && spec.type !== 'tmpfs'
  expect({ ...spec, readOnly: readOnly ?? byDefault }).toEqual(row.mount)
})
