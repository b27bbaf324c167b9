import { describe, expect, it } from 'vitest'
import { compareReferences, matchReference, parseReference, withTagOrDigest } from '../../src/image/index.ts'
import {
  domainPattern,
  identifierPattern,
  maximumPathLength,
  namePattern,
  referencePattern,
} from '../../src/image/reference-grammar.ts'
import { conformanceCases, hasConformance, skipReason } from '../support/conformance.ts'

const file = 'reference.json'
const codeOf = (text: string) => {
  try {
    parseReference(text)
    return undefined
  } catch (error) {
    return (error as { code?: string }).code
  }
}

describe('parseReference', () => {
  it('fills in registry, library and latest', () => {
    expect(parseReference('node')).toEqual({
      domain: 'docker.io',
      path: 'library/node',
      normal: 'docker.io/library/node:latest',
      familiar: 'node',
    })
  })

  it('keeps tag and digest side by side', () => {
    const digest = `sha256:${'a'.repeat(64)}`
    const parsed = parseReference(`ghcr.io/o/app:1@${digest}`)
    expect(parsed).toMatchObject({ tag: '1', digest, normal: `ghcr.io/o/app:1@${digest}` })
  })

  it.each([
    ['Node:22', 'did you mean "node:22"?'],
    ['docker/Docker:TAG', 'did you mean "docker/docker:TAG"?'],
    ['https://ghcr.io/o/app', 'did you mean "ghcr.io/o/app"?'],
    ['a b', 'a name is'],
  ])('refuses %s and says how it is written', (text, hint) => {
    expect(() => parseReference(text)).toThrow(
      expect.objectContaining({ code: 'TSB_REFERENCE_FORMAT', hint: expect.stringContaining(hint) }),
    )
  })

  it('refuses digests of other algorithms by name', () => {
    expect(codeOf(`a@md5:${'0'.repeat(32)}`)).toBe('TSB_DIGEST_FORMAT')
    expect(codeOf(`a@sha256:${'A'.repeat(64)}`)).toBe('TSB_DIGEST_FORMAT')
    expect(codeOf('a@sha256:../../x')).toBe('TSB_REFERENCE_FORMAT')
  })

  it('reads 64 KiB of separators in linear time', () => {
    expect(codeOf(`a${'-'.repeat(65536)}`)).toBe('TSB_REFERENCE_FORMAT')
    expect(codeOf('a.'.repeat(32768))).toBe('TSB_REFERENCE_FORMAT')
  })

  it('replaces tag and digest of a repository', () => {
    expect(withTagOrDigest(parseReference('a:1'), '2', undefined).normal).toBe('docker.io/library/a:2')
  })
})

interface Named {
  readonly input: string
  readonly full?: string
  readonly domain?: string
  readonly path?: string
  readonly familiar?: string
  readonly tag?: string
  readonly digest?: string
  readonly valid?: boolean
  readonly error?: string
  readonly withLatest?: string
  readonly isDigestOnly?: boolean
}

/** What stands after the name, without the `:latest` that `normal` adds. */
const fullText = (text: string) => {
  const { domain, path, tag, digest } = parseReference(text)
  return `${domain}/${path}${tag === undefined ? '' : `:${tag}`}${digest === undefined ? '' : `@${digest}`}`
}

describe.skipIf(!hasConformance)(`conformance: references${hasConformance ? '' : ` (${skipReason})`}`, () => {
  it.each(conformanceCases<Named>(file, 'normalizeValid'))('normalizeValid $input', ({ input, valid }) => {
    expect(codeOf(input) === undefined).toBe(valid)
  })

  it.each([
    ...conformanceCases<Named>(file, 'normalize'),
    ...conformanceCases<Named>(file, 'normalizeSplit'),
    ...conformanceCases<Named>(file, 'tagAndDigest'),
  ])('normalize $input', ({ input, ...expected }) => {
    const { familiar, full, ...parts } = expected
    const parsed = parseReference(input)
    expect(parsed).toMatchObject(parts)
    if (full !== undefined) expect(fullText(input)).toBe(full)
    if (familiar !== undefined) expect(parsed.familiar).toBe(familiar)
  })

  it.each(conformanceCases<Named>(file, 'dockerRef'))('dockerRef $input', ({ input, full }) => {
    const parsed = parseReference(input)
    expect(withTagOrDigest(parsed, parsed.digest ? undefined : parsed.tag, parsed.digest).normal).toBe(full)
  })

  it.each(conformanceCases<Named>(file, 'any'))('any $input', ({ input, full, isDigestOnly }) => {
    if (isDigestOnly && identifierPattern.test(input)) expect(codeOf(input)).toBe('TSB_REFERENCE_FORMAT')
    else if (!isDigestOnly) expect(fullText(input)).toBe(full)
  })

  /** A host with an underscore is no host. The reference then takes it for a path without registry; we refuse it. */
  const refused = new Set(['my_host.com/repo'])

  it.each(conformanceCases<Named>(file, 'more'))(
    'observed $input',
    ({ input, error, withLatest, familiar, ...parts }) => {
      if (error !== undefined || refused.has(input)) {
        expect(codeOf(input)).toMatch(/^TSB_(REFERENCE|DIGEST)_FORMAT$/)
        return
      }
      const parsed = parseReference(input)
      expect({ tag: '', digest: '', ...parsed }).toMatchObject({ ...parts, familiar })
      expect(parsed.normal).toBe(withLatest)
    },
  )
})

interface Grammar {
  readonly input: string
  readonly match: boolean
  readonly groups?: readonly string[]
}

interface Part {
  readonly input?: string
  readonly name?: string
  readonly withTag?: string
  readonly withDigest?: string
  readonly digest?: string
  readonly tag?: string
  readonly combined?: string
}

describe.skipIf(!hasConformance)('conformance: parts and lists of references', () => {
  it.each([...conformanceCases<Part>(file, 'withTag'), ...conformanceCases<Part>(file, 'withDigest')])(
    'parts $combined',
    ({ name, tag, digest, combined = '' }) => {
      expect(referencePattern.exec(combined)?.slice(1)).toEqual([name, tag || undefined, digest || undefined])
    },
  )

  it.each(conformanceCases<Part>(file, 'invalidParts'))('invalid parts %j', ({ input = '', withTag, withDigest }) => {
    const make = () => {
      const base = parseReference(withDigest === undefined ? input : `${input}@${withDigest}`)
      withTagOrDigest(base, withTag, undefined)
    }
    expect(make).toThrow(expect.objectContaining({ code: 'TSB_REFERENCE_FORMAT' }))
  })

  interface Match {
    readonly pattern: string
    readonly reference: string
    readonly match?: boolean
    readonly error?: boolean
  }

  it.each(conformanceCases<Match>(file, 'match'))(
    'match $pattern $reference',
    ({ pattern, reference, match, error }) => {
      const matched = () => matchReference(pattern, parseReference(reference))
      if (error) expect(matched).toThrow(expect.objectContaining({ code: 'TSB_PATTERN' }))
      else expect(matched()).toBe(match)
    },
  )

  interface Sort {
    readonly sorted: readonly string[]
    readonly unsorted: readonly string[]
  }

  it.each(conformanceCases<Sort>(file, 'sort'))('sort %#', ({ sorted, unsorted }) => {
    expect(unsorted.toSorted(compareReferences)).toEqual(sorted)
  })
})

const pathOf = (name = '') => namePattern.exec(name)?.[2] ?? ''

describe.skipIf(!hasConformance)('conformance: grammar of references', () => {
  it.each(conformanceCases<Grammar>(file, 'domainRegexp'))('domain $input', ({ input, match }) => {
    expect(domainPattern.test(input)).toBe(match)
  })

  it.each(conformanceCases<Grammar>(file, 'identifierRegexp'))('identifier $input', ({ input, match }) => {
    expect(identifierPattern.test(input)).toBe(match)
  })

  it.each([
    ...conformanceCases<Grammar>(file, 'nameRegexp').map((row) => ({ ...row, pattern: namePattern })),
    ...conformanceCases<Grammar>(file, 'referenceRegexp').map((row) => ({ ...row, pattern: referencePattern })),
  ])('name or reference $input', ({ input, match, groups, pattern }) => {
    const matched = pattern.exec(input)
    expect(matched !== null).toBe(match)
    if (groups) expect(matched?.slice(1).map((group) => group ?? '')).toEqual(groups)
  })

  interface Strict {
    readonly input: string
    readonly name?: string
    readonly domain?: string
    readonly path?: string
    readonly tag?: string
    readonly digest?: string
    readonly error?: unknown
  }

  it.each([...conformanceCases<Strict>(file, 'parse'), ...conformanceCases<Strict>(file, 'serialize')])(
    'strict $input',
    ({ input, error, name, domain, tag, digest }) => {
      const matched = referencePattern.exec(input)
      const found = matched && pathOf(matched[1]).length <= maximumPathLength ? matched : undefined
      if (error !== undefined) {
        const supported = /^sha256:[0-9a-f]{64}$/.test(found?.[3] ?? '')
        expect(found === undefined || !supported).toBe(true)
        return
      }
      expect(found?.slice(1).map((group) => group ?? '')).toEqual([name, tag, digest])
      if (domain !== undefined) expect(namePattern.exec(name ?? '')?.[1] ?? '').toBe(domain)
    },
  )

  it.each(conformanceCases<Strict>(file, 'parseNamed'))('canonical $input', ({ input, error, domain, path }) => {
    const canonical = fullText(input) === input
    expect(canonical).toBe(error === undefined)
    if (canonical) expect(parseReference(input)).toMatchObject({ domain, path })
  })

  it.each([...conformanceCases<Strict>(file, 'nameErrors'), ...conformanceCases<Strict>(file, 'nameSplit')])(
    'bare name $input',
    ({ input, error, domain, path }) => {
      const matched = pathOf(input).length <= maximumPathLength ? namePattern.exec(input) : null
      expect(matched === null).toBe(error !== undefined)
      if (matched) expect([matched[1] ?? '', matched[2]]).toEqual([domain, path])
    },
  )
})
