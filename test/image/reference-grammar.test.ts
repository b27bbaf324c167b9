import { expect } from 'vitest'
import { parseReference, withTagOrDigest } from '../../src/image/index.ts'
import {
  domainPattern,
  identifierPattern,
  maximumPathLength,
  namePattern,
  referencePattern,
} from '../../src/image/reference-grammar.ts'
import { conformanceTable } from '../support/conformance-table.ts'
import { errorOf } from '../support/outcome.ts'

const file = 'reference.json'
const groupsOf = (matched: RegExpExecArray | null) => matched?.slice(1).map((group) => group ?? '')
const isShort = (name = '') => (namePattern.exec(name)?.[2] ?? '').length <= maximumPathLength

interface PatternRow {
  readonly input: string
  readonly match: boolean
  readonly groups?: readonly string[]
}

const patterns = {
  domainRegexp: domainPattern,
  nameRegexp: namePattern,
  referenceRegexp: referencePattern,
  identifierRegexp: identifierPattern,
}

for (const [table, pattern] of Object.entries(patterns)) {
  conformanceTable<PatternRow>(file, table, ['input', 'match', 'groups'], ({ input, match, groups }) => {
    const matched = pattern.exec(input)
    expect(matched !== null).toBe(match)
    if (groups) expect(groupsOf(matched)).toEqual(groups)
  })
}

interface StrictRow {
  readonly input: string
  readonly name?: string
  readonly domain?: string
  readonly tag?: string
  readonly digest?: string
  /** tsbuild tells these apart by the hint, not by a code. */
  readonly error?: string
  readonly errorName?: string
  readonly description?: string
}

/** Strict reading, by the grammar alone: nothing is filled in. */
function expectStrict({ input, name = '', domain, tag, digest, error }: StrictRow): void {
  const matched = referencePattern.exec(input)
  const [, found, , foundDigest] = matched ?? []
  const isSupported = foundDigest === undefined || /^sha256:[0-9a-f]{64}$/.test(foundDigest)
  expect(matched !== null && isShort(found) && isSupported).toBe(error === undefined)
  if (error !== undefined) return
  expect(groupsOf(matched)).toEqual([name, tag, digest])
  if (domain !== undefined) expect(namePattern.exec(name)?.[1] ?? '').toBe(domain)
}

const strictFields = ['input', 'name', 'domain', 'tag', 'digest', 'error', 'errorName'] as const
conformanceTable<StrictRow>(file, 'parse', strictFields, expectStrict)
conformanceTable<StrictRow>(file, 'serialize', [...strictFields, 'description'], expectStrict)

interface NamedRow {
  readonly input: string
  readonly domain?: string
  readonly path?: string
  readonly error?: string
  readonly errorName?: string
}

const namedFields = ['input', 'domain', 'path', 'error', 'errorName'] as const
conformanceTable<NamedRow>(file, 'parseNamed', namedFields, ({ input, domain, path, error }) => {
  const parsed = parseReference(input)
  expect(`${parsed.domain}/${parsed.path}` === input).toBe(error === undefined)
  if (error === undefined) expect(parsed).toMatchObject({ domain, path })
})

function expectName({ input, domain, path, error }: NamedRow): void {
  const matched = isShort(input) ? namePattern.exec(input) : null
  expect(groupsOf(matched)).toEqual(error === undefined ? [domain, path] : undefined)
}

conformanceTable<NamedRow>(file, 'nameErrors', namedFields, expectName)
conformanceTable<NamedRow>(file, 'nameSplit', namedFields, expectName)

interface CombinedRow {
  readonly name: string
  readonly tag: string
  readonly digest: string
  readonly combined: string
}

for (const table of ['withTag', 'withDigest']) {
  conformanceTable<CombinedRow>(
    file,
    table,
    ['name', 'tag', 'digest', 'combined'],
    ({ name, tag, digest, combined }) => {
      expect(groupsOf(referencePattern.exec(combined))).toEqual([name, tag, digest])
      expect(`${name}${tag && `:${tag}`}${digest && `@${digest}`}`).toBe(combined)
    },
  )
}

interface InvalidRow {
  readonly input: string
  readonly withTag?: string
  readonly withDigest?: string
  readonly error: true
  readonly observedError: string
}

const invalidFields = ['input', 'withTag', 'withDigest', 'error', 'observedError'] as const
conformanceTable<InvalidRow>(file, 'invalidParts', invalidFields, ({ input, withTag, withDigest }) => {
  const make = () => {
    const base = parseReference(withDigest === undefined ? input : `${input}@${withDigest}`)
    withTagOrDigest(base, withTag, undefined)
  }
  expect(errorOf(make)?.code).toBe('TSB_REFERENCE_FORMAT')
})
