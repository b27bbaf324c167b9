import { expect } from 'vitest'
import { hexOf } from '../../src/digest/index.ts'
import { compareReferences, matchReference, parseReference, withTagOrDigest } from '../../src/image/index.ts'
import { openStore } from '../../src/store/index.ts'
import { conformanceTable } from '../support/conformance-table.ts'
import { errorOf } from '../support/outcome.ts'
import { scratch } from '../support/scratch.ts'
import { smallImage } from '../support/small-image.ts'

const file = 'reference.json'
const codeOf = (text: string) => errorOf(() => parseReference(text))?.code

/** The whole name as it is written, without the `:latest` that `normal` adds. */
function fullText(text: string): string {
  const { domain, path, tag, digest } = parseReference(text)
  return `${domain}/${path}${tag === undefined ? '' : `:${tag}`}${digest === undefined ? '' : `@${digest}`}`
}

interface ValidRow {
  /** Which of upstream's lists it is from. */
  readonly list: string
  readonly input: string
  readonly valid: boolean
  /** tsbuild has one code and words of its own for what is no reference. */
  readonly observedError?: string
}

conformanceTable<ValidRow>(file, 'normalizeValid', ['list', 'input', 'valid', 'observedError'], ({ input, valid }) => {
  expect(codeOf(input)).toBe(valid ? undefined : 'TSB_REFERENCE_FORMAT')
})

interface PartsRow {
  readonly input: string
  readonly domain: string
  readonly path: string
  readonly familiar: string
  readonly full: string
}

conformanceTable<PartsRow>(file, 'normalize', ['input', 'domain', 'path', 'familiar', 'full'], (row) => {
  const { input, full, ...parts } = row
  expect(parseReference(input)).toMatchObject(parts)
  expect(fullText(input)).toBe(full)
})

conformanceTable<Pick<PartsRow, 'input' | 'domain' | 'path'>>(
  file,
  'normalizeSplit',
  ['input', 'domain', 'path'],
  ({ input, ...parts }) => expect(parseReference(input)).toMatchObject(parts),
)

interface WholeRow {
  readonly input: string
  readonly full: string
  readonly familiar: string
  readonly tag: string
  readonly digest: string
}

conformanceTable<WholeRow>(file, 'tagAndDigest', ['input', 'full', 'familiar', 'tag', 'digest'], (row) => {
  const { input, full, ...parts } = row
  expect(parseReference(input)).toMatchObject(parts)
  expect(fullText(input)).toBe(full)
})

interface PullRow {
  readonly name: string
  readonly input: string
  readonly full: string
}

conformanceTable<PullRow>(file, 'dockerRef', ['name', 'input', 'full'], ({ input, full }) => {
  const parsed = parseReference(input)
  expect(withTagOrDigest(parsed, parsed.digest ? undefined : parsed.tag, parsed.digest).normal).toBe(full)
})

interface AnyRow {
  readonly input: string
  readonly full: string
  readonly isDigestOnly: boolean
}

conformanceTable<AnyRow>(file, 'any', ['input', 'full', 'isDigestOnly'], async ({ input, full, isDigestOnly }) => {
  if (!isDigestOnly) return expect(fullText(input)).toBe(full)
  // An id is looked up among the images that are there: so the one of such an image stands in for that of the row.
  const store = await openStore(await scratch(), { now: Date.now })
  const image = await smallImage(store, 'any')
  await store.images.save(image, ['any'])
  const text = input.replace(/[0-9a-f]{64}/, hexOf(image.id))
  expect((await store.images.find(text))?.id).toBe(image.id)
})

interface MoreRow {
  readonly input: string
  readonly domain?: string
  readonly path?: string
  readonly tag?: string
  readonly digest?: string
  readonly familiar?: string
  readonly withLatest?: string
  readonly error?: string
}

conformanceTable<MoreRow>(
  file,
  'more',
  ['input', 'domain', 'path', 'tag', 'digest', 'familiar', 'withLatest', 'error'],
  ({ input, error, withLatest, ...parts }) => {
    if (error !== undefined) return expect(codeOf(input)).toMatch(/^TSB_(REFERENCE|DIGEST)_FORMAT$/)
    expect({ tag: '', digest: '', ...parseReference(input) }).toMatchObject({ ...parts, normal: withLatest })
  },
  { 68: 'a first piece with a dot is a registry, and one with an underscore cannot be: refused, not taken for a path' },
)

interface MatchRow {
  readonly pattern: string
  readonly reference: string
  readonly match?: boolean
  readonly error?: boolean
}

conformanceTable<MatchRow>(file, 'match', ['pattern', 'reference', 'match', 'error'], (row) => {
  const matched = () => matchReference(row.pattern, parseReference(row.reference))
  if (row.error) expect(errorOf(matched)?.code).toBe('TSB_PATTERN')
  else expect(matched()).toBe(row.match)
})

interface SortRow {
  readonly sorted: readonly string[]
  readonly unsorted: readonly string[]
}

conformanceTable<SortRow>(file, 'sort', ['sorted', 'unsorted'], ({ sorted, unsorted }) => {
  expect(unsorted.toSorted(compareReferences)).toEqual(sorted)
})
