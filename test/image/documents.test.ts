import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { TsbuildError } from '../../src/errors.ts'
import {
  checkLayoutHeader,
  documentLimits,
  parseConfig,
  parseIndex,
  parseManifest,
  parseManifestOrIndex,
} from '../../src/image/index.ts'
import { descriptorSchema } from '../../src/image/schemas.ts'
import { conformanceCases, hasConformance, skipReason } from '../support/conformance.ts'

const digest = `sha256:${'a'.repeat(64)}`
const descriptor = { mediaType: 'application/vnd.oci.image.config.v1+json', digest, size: 2 }
const manifest = { schemaVersion: 2, config: descriptor, layers: [descriptor] }
const index = { schemaVersion: 2, manifests: [descriptor] }
const config = { architecture: 'amd64', os: 'linux', rootfs: { type: 'layers', diff_ids: [digest] } }
const bytes = (value: unknown) => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value))
const refused = (code: string) => expect.objectContaining({ code })

describe('parseManifestOrIndex', () => {
  it('tells the kinds apart by their members when nothing says', async () => {
    expect((await parseManifestOrIndex(bytes(manifest))).kind).toBe('manifest')
    expect((await parseManifestOrIndex(bytes(index))).kind).toBe('index')
  })

  it('reads the documents of Docker schema 2', async () => {
    const mediaType = 'application/vnd.docker.distribution.manifest.v2+json'
    expect((await parseManifestOrIndex(bytes({ ...manifest, mediaType }), { mediaType })).kind).toBe('manifest')
  })

  it('E05: refuses a document that is manifest and index at once', async () => {
    const both = parseManifestOrIndex(bytes({ ...manifest, ...index }))
    await expect(both).rejects.toThrow(refused('TSB_MEDIA_TYPE_AMBIGUOUS'))
  })

  it.each([
    ['header and body disagree', { ...manifest, mediaType: 'application/vnd.oci.image.manifest.v1+json' }],
    ['header and members disagree', manifest],
  ])('E05: refuses it when %s', async (_, document) => {
    const mediaType = 'application/vnd.oci.image.index.v1+json'
    const parsed = parseManifestOrIndex(bytes(document), { mediaType })
    await expect(parsed).rejects.toThrow(refused('TSB_MEDIA_TYPE_AMBIGUOUS'))
  })

  it('lets a header be that says nothing', async () => {
    const about = { mediaType: 'application/json; charset=utf-8' }
    expect((await parseManifestOrIndex(bytes(index), about)).kind).toBe('index')
  })

  it('refuses Docker schema 1 by name', async () => {
    const parsed = parseManifestOrIndex(bytes({ schemaVersion: 1, fsLayers: [], history: [] }))
    await expect(parsed).rejects.toThrow(/schema 1/)
  })

  it('refuses an unknown media type', async () => {
    const parsed = parseManifestOrIndex(bytes({ schemaVersion: 2, mediaType: 'a/b' }))
    await expect(parsed).rejects.toThrow(refused('TSB_MEDIA_TYPE'))
  })

  it.each([[null], [[]], [3], ['"x"'], [{}], [{ schemaVersion: 2 }]])('refuses %j', async (value) => {
    await expect(parseManifestOrIndex(bytes(value))).rejects.toThrow(/TSB_|not|no image/)
  })
})

describe('documents from outside', () => {
  it('E06: a manifest has at most 4 MiB, a config 8 MiB', async () => {
    const padded = (value: object, size: number) => bytes(JSON.stringify(value).padEnd(size, ' '))
    await expect(parseManifest(padded(manifest, documentLimits.manifest))).resolves.toBeDefined()
    await expect(parseManifest(padded(manifest, documentLimits.manifest + 1))).rejects.toThrow(
      refused('TSB_DOCUMENT_TOO_LARGE'),
    )
    await expect(parseConfig(padded(config, documentLimits.config))).resolves.toBeDefined()
    await expect(parseConfig(padded(config, documentLimits.config + 1))).rejects.toThrow(
      refused('TSB_DOCUMENT_TOO_LARGE'),
    )
  })

  it.each([['1e18'], ['-5'], ['"12"'], ['1.5'], ['9007199254740992']])('E06: refuses the size %s', async (size) => {
    const text = JSON.stringify(manifest).replaceAll('"size":2', `"size":${size}`)
    await expect(parseManifest(bytes(text))).rejects.toThrow(refused('TSB_DOCUMENT_FORMAT'))
  })

  it('E08: refuses 65 levels of nesting, and 100 000 in no time', async () => {
    const nested = (levels: number) =>
      bytes(`{"schemaVersion":2,"manifests":[],"x":${'['.repeat(levels - 1)}${']'.repeat(levels - 1)}}`)
    await expect(parseIndex(nested(64))).resolves.toBeDefined()
    await expect(parseIndex(nested(65))).rejects.toThrow(refused('TSB_DOCUMENT_FORMAT'))
    await expect(parseIndex(bytes('['.repeat(100_000)))).rejects.toThrow(refused('TSB_DOCUMENT_FORMAT'))
  })

  it.each([['"schemaVersion":2'], ['"schema\\u0056ersion":1']])(
    'E08: refuses a member that is there twice: %s',
    async (again) => {
      await expect(parseIndex(bytes(`{"schemaVersion":2,"manifests":[],${again}}`))).rejects.toThrow(/twice/)
    },
  )

  it('E08: a label __proto__ is a label like any other', async () => {
    const text = JSON.stringify({ ...config, config: { Labels: { x: '1' } } }).replace('"x"', '"__proto__"')
    const parsed = await parseConfig(bytes(text))
    expect(Object.entries(parsed.config?.Labels ?? {})).toEqual([['__proto__', '1']])
    expect(JSON.stringify(parsed)).toContain('"__proto__":"1"')
    expect(({} as { x?: unknown }).x).toBeUndefined()
  })

  it('E08: a label __proto__ is checked like any other', async () => {
    const text = JSON.stringify({ ...config, config: { Labels: { x: {} } } }).replace('"x"', '"__proto__"')
    await expect(parseConfig(bytes(text))).rejects.toThrow(/Labels/)
  })

  it('I03: refuses a platform that could be a path', async () => {
    await expect(parseConfig(bytes({ ...config, architecture: '../../x' }))).rejects.toThrow(/architecture/)
  })

  it('E01: refuses digests that are not sha256 in lower case', async () => {
    for (const bad of ['sha256:../../x', 'md5:00', `SHA256:${'a'.repeat(64)}`])
      await expect(parseManifest(bytes({ ...manifest, config: { ...descriptor, digest: bad } }))).rejects.toThrow(
        /sha256/,
      )
  })

  it('refuses bytes that are not UTF-8', async () => {
    await expect(parseConfig(Buffer.from([0x22, 0xff, 0x22]))).rejects.toThrow(refused('TSB_DOCUMENT_FORMAT'))
  })

  it('keeps unknown keys and takes null as absent', async () => {
    const parsed = await parseConfig(
      bytes({ ...config, id: 'x', config: { Cmd: null, Hostname: 'h' }, rootfs: { type: 'layers', diff_ids: null } }),
    )
    expect(parsed).toEqual({
      architecture: 'amd64',
      os: 'linux',
      id: 'x',
      config: { Hostname: 'h' },
      rootfs: { type: 'layers', diff_ids: [] },
    })
  })
})

describe('any bytes', () => {
  const asked = [parseManifest, parseIndex, parseConfig]

  it('are a document or a TsbuildError', async () => {
    const mutated = fc
      .tuple(fc.constantFrom(manifest, index, config), fc.jsonValue(), fc.nat(7))
      .map(([document, value, at]) => ({
        ...document,
        [Object.keys({ ...manifest, ...index, ...config })[at] ?? '']: value,
      }))
    const bodies = fc.oneof(fc.uint8Array(), fc.json().map(bytes), mutated.map(bytes))
    await fc.assert(
      fc.asyncProperty(bodies, fc.constantFrom(...asked), async (body, parse) => {
        const outcome = await parse(body).catch((error: unknown) => error)
        expect(outcome instanceof Error && !(outcome instanceof TsbuildError)).toBe(false)
      }),
    )
  })
})

interface Document {
  readonly name: string
  readonly text: string
  readonly mediaType: string
  readonly valid: boolean
}

/** Where tsbuild departs from the schemas, and why. */
const departures: ReadonlyMap<string, string> = new Map([
  ['Manifest#6', 'images without layers exist (FROM scratch with settings alone)'],
  ...[
    'Manifest#7',
    'Descriptor#22',
    'Descriptor#23',
    'Descriptor#24',
    'Descriptor#25',
    'Descriptor#26',
    'Descriptor#28',
    'Descriptor#29',
  ].map((name) => [name, 'sha256 is the only digest'] as const),
])

async function accepts({ text, mediaType }: Document): Promise<boolean> {
  const parse = {
    'application/vnd.oci.image.config.v1+json': () => parseConfig(bytes(text)),
    'application/vnd.oci.image.manifest.v1+json': () => parseManifest(bytes(text)),
    'application/vnd.oci.image.index.v1+json': () => parseIndex(bytes(text)),
    'application/vnd.oci.layout.header.v1+json': () => checkLayoutHeader(bytes(text), 'oci-layout'),
    'application/vnd.oci.descriptor.v1+json': async () => {
      if (!descriptorSchema.safeParse(JSON.parse(text)).success) throw new Error('refused')
    },
  }[mediaType]
  if (!parse) throw new Error(`unknown document ${mediaType}`)
  return parse().then(
    () => true,
    () => false,
  )
}

describe.skipIf(!hasConformance)(`conformance: documents${hasConformance ? '' : ` (${skipReason})`}`, () => {
  const cases = ['documents', 'docker', 'examples'].flatMap((table) =>
    conformanceCases<Document>('oci-schema/documents.json', table),
  )
  it.each(cases)('$name', async (document) => {
    expect(await accepts(document)).toBe(departures.has(document.name) ? !document.valid : document.valid)
  })
})
