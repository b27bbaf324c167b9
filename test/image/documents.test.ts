import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { sha256 } from '../../src/digest/index.ts'
import { TsbuildError } from '../../src/errors.ts'
import {
  checkLayoutHeader,
  documentLimits,
  parseConfig,
  parseIndex,
  parseManifest,
  parseManifestOrIndex,
} from '../../src/image/index.ts'
import { conformanceCases } from '../support/conformance.ts'
import { conformanceTable } from '../support/conformance-table.ts'

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

  it('E05 refuses a document that is manifest and index at once', async () => {
    const both = parseManifestOrIndex(bytes({ ...manifest, ...index }))
    await expect(both).rejects.toThrow(refused('TSB_MEDIA_TYPE_AMBIGUOUS'))
  })

  it.each([
    ['header and body disagree', { ...manifest, mediaType: 'application/vnd.oci.image.manifest.v1+json' }],
    ['header and members disagree', manifest],
  ])('E05 refuses it when %s', async (_, document) => {
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
  it('E06 a manifest has at most 4 MiB, a config 8 MiB', async () => {
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

  it.each([['1e18'], ['-5'], ['"12"'], ['1.5'], ['9007199254740992']])('E06 refuses the size %s', async (size) => {
    const text = JSON.stringify(manifest).replaceAll('"size":2', `"size":${size}`)
    await expect(parseManifest(bytes(text))).rejects.toThrow(refused('TSB_DOCUMENT_FORMAT'))
  })

  it('E08 refuses 65 levels of nesting, and 100 000 in no time', async () => {
    const nested = (levels: number) =>
      bytes(`{"schemaVersion":2,"manifests":[],"x":${'['.repeat(levels - 1)}${']'.repeat(levels - 1)}}`)
    await expect(parseIndex(nested(64))).resolves.toBeDefined()
    await expect(parseIndex(nested(65))).rejects.toThrow(refused('TSB_DOCUMENT_FORMAT'))
    await expect(parseIndex(bytes('['.repeat(100_000)))).rejects.toThrow(refused('TSB_DOCUMENT_FORMAT'))
  })

  it.each([['"schemaVersion":2'], ['"schema\\u0056ersion":1']])(
    'E08 refuses a member that is there twice: %s',
    async (again) => {
      await expect(parseIndex(bytes(`{"schemaVersion":2,"manifests":[],${again}}`))).rejects.toThrow(/twice/)
    },
  )

  it('E08 a label __proto__ is a label like any other', async () => {
    const text = JSON.stringify({ ...config, config: { Labels: { x: '1' } } }).replace('"x"', '"__proto__"')
    const parsed = await parseConfig(bytes(text))
    expect(Object.entries(parsed.config?.Labels ?? {})).toEqual([['__proto__', '1']])
    expect(JSON.stringify(parsed)).toContain('"__proto__":"1"')
    expect(({} as { x?: unknown }).x).toBeUndefined()
  })

  it('E08 a label __proto__ is checked like any other', async () => {
    const text = JSON.stringify({ ...config, config: { Labels: { x: {} } } }).replace('"x"', '"__proto__"')
    await expect(parseConfig(bytes(text))).rejects.toThrow(/Labels/)
  })

  it('I03 refuses a platform that could be a path', async () => {
    await expect(parseConfig(bytes({ ...config, architecture: '../../x' }))).rejects.toThrow(/architecture/)
  })

  it('E01 refuses digests that are not sha256 in lower case', async () => {
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
  /** Who refuses it upstream, the schema or a rule beside it; here it is one. */
  readonly by?: string
  readonly rule?: string
}

/** How a document of a media type is read. */
const readers: Readonly<Record<string, (text: string) => Promise<unknown>>> = {
  'application/vnd.oci.image.config.v1+json': (text) => parseConfig(bytes(text)),
  'application/vnd.oci.image.manifest.v1+json': (text) => parseManifest(bytes(text)),
  'application/vnd.oci.image.index.v1+json': (text) => parseIndex(bytes(text)),
  'application/vnd.oci.layout.header.v1+json': (text) => checkLayoutHeader(bytes(text), 'oci-layout'),
  // A descriptor is read as a member of something: here of an index.
  'application/vnd.oci.descriptor.v1+json': (text) => parseIndex(bytes(`{"schemaVersion":2,"manifests":[${text}]}`)),
}

/** True when it is read, or refused for nothing but the algorithm of a digest: sha256 is the only one. */
async function isValid({ text, mediaType }: Document): Promise<boolean> {
  const read = readers[mediaType]
  if (!read) throw new Error(`unknown document ${mediaType}`)
  try {
    await read(text)
    return true
  } catch (error) {
    if (!(error instanceof TsbuildError)) throw error
    return error.code === 'TSB_DIGEST_FORMAT' && error.message.includes('algorithm')
  }
}

const fields = ['name', 'text', 'mediaType', 'valid', 'by', 'rule'] as const
const noLayers = 'images without layers exist: FROM scratch with settings alone'

conformanceTable<Document>(
  'oci-schema/documents.json',
  'documents',
  fields,
  async (row) => expect(await isValid(row)).toBe(row.valid),
  { [indexOfDocument('Manifest#6')]: noLayers },
)

conformanceTable<Document>('oci-schema/documents.json', 'examples', fields, async (row) =>
  expect(await isValid(row)).toBe(row.valid),
)

interface DockerDocument extends Document {
  /** Of the text. */
  readonly sha256: string
}

conformanceTable<DockerDocument>('oci-schema/documents.json', 'docker', [...fields, 'sha256'], async (row) => {
  expect(sha256(row.text).slice('sha256:'.length)).toBe(row.sha256.replace(/^sha256:/, ''))
  expect(await isValid(row)).toBe(row.valid)
})

function indexOfDocument(name: string): number {
  return conformanceCases<Document>('oci-schema/documents.json', 'documents').findIndex((row) => row.name === name)
}
