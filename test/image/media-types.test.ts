import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, expect, test } from 'vitest'
import { isPlainTar } from '../../src/cache/layer-places.ts'
import { sha256 } from '../../src/digest/index.ts'
import { checkIsImage, mediaTypes, parseManifest, parseManifestOrIndex, toOci } from '../../src/image/index.ts'
import { conformanceCases, hasConformance, skipReason } from '../support/conformance.ts'
import { conformanceTable } from '../support/conformance-table.ts'

const file = 'oci-schema/media-types.json'
const digest = sha256('')
const bytes = (value: unknown) => new TextEncoder().encode(JSON.stringify(value))
const config = { mediaType: mediaTypes.config, digest, size: 0 }

interface TypeRow {
  readonly mediaType: string
  readonly deprecated: boolean
  /** The schema of the documents of that type: documents.test.ts reads them. */
  readonly schema?: string
}

conformanceTable<TypeRow>(
  file,
  'mediaTypes',
  ['mediaType', 'deprecated', 'schema'],
  async ({ mediaType, deprecated, schema }) => {
    if (/\.layer\./.test(mediaType)) {
      expect(isPlainTar({ mediaType, digest, size: 0 })).toBe(mediaType.endsWith('.tar'))
      expect(Object.values(mediaTypes).includes(mediaType as (typeof mediaTypes)['config'])).toBe(!deprecated)
    } else if (schema === undefined) {
      const manifest = await parseManifest(bytes({ schemaVersion: 2, config: { ...config, mediaType }, layers: [] }))
      expect(() => checkIsImage(manifest, 'it')).toThrow(mediaType)
    } else {
      const documents = conformanceCases<{ readonly mediaType: string }>('oci-schema/documents.json', 'documents')
      expect(documents.some((row) => row.mediaType === mediaType)).toBe(true)
    }
  },
)

interface EquivalentRow {
  readonly docker: string
  readonly oci: string
}

conformanceTable<EquivalentRow>(file, 'dockerEquivalents', ['docker', 'oci'], async ({ docker, oci }) => {
  if (!/manifest/.test(docker)) return expect(toOci({ mediaType: docker, digest, size: 0 }).mediaType).toBe(oci)
  const document = /list/.test(docker) ? { schemaVersion: 2, manifests: [] } : { schemaVersion: 2, config, layers: [] }
  const [asDocker, asOci] = await Promise.all(
    [docker, oci].map((mediaType) => parseManifestOrIndex(bytes({ ...document, mediaType }), { mediaType })),
  )
  expect(asDocker?.kind).toBe(asOci?.kind)
})

interface AnnotationRow {
  readonly key: string
}

conformanceTable<AnnotationRow>(file, 'annotations', ['key'], async ({ key }) => {
  const annotations = { [key]: 'x' }
  const document = { schemaVersion: 2, config, layers: [{ ...config, annotations }], annotations }
  expect(await parseManifest(bytes(document))).toMatchObject(document)
  expect(toOci({ ...config, annotations })).toMatchObject({ annotations })
})

describe.skipIf(!hasConformance)(
  `annotations that tsbuild writes (${hasConformance ? 'conformance' : skipReason})`,
  () => {
    test('are predefined ones', () => {
      const source = resolve(import.meta.dirname, '../../src')
      const files = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'))
      const keys = files.flatMap(
        (name) => readFileSync(join(source, name), 'utf8').match(/org\.opencontainers\.image\.[a-z.]+/g) ?? [],
      )
      const known = conformanceCases<AnnotationRow>(file, 'annotations').map((row) => row.key)
      expect(known).toEqual(expect.arrayContaining([...new Set(keys)]))
    })
  },
)
