import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { exportOciFolder } from '../../src/export/index.ts'
import { parseReference } from '../../src/image/index.ts'
import { conformanceCases, conformancePath, hasConformance, skipReason } from '../support/conformance.ts'
import { schemaProblems } from '../support/json-schema.ts'
import { scratch } from '../support/scratch.ts'
import { openWorkshop } from '../support/workshop.ts'

const schemaOf = (name: string) => conformancePath(`oci-schema/${name}`)
const schemas = {
  index: schemaOf('image-index-schema.json'),
  manifest: schemaOf('image-manifest-schema.json'),
  config: schemaOf('config-schema.json'),
  layout: schemaOf('image-layout-schema.json'),
  descriptor: schemaOf('content-descriptor.json'),
}

interface TypeRow {
  readonly mediaType: string
  readonly schema?: string
}

interface DocumentRow {
  readonly name: string
  readonly text: string
  readonly mediaType: string
  readonly valid: boolean
  readonly by?: 'json' | 'schema' | 'extra'
}

describe.skipIf(!hasConformance)(`the schemas of OCI (${hasConformance ? 'conformance' : skipReason})`, () => {
  const types = conformanceCases<TypeRow>('oci-schema/media-types.json', 'mediaTypes')
  const rows = conformanceCases<DocumentRow>('oci-schema/documents.json', 'documents').filter(({ by }) => by !== 'json')

  test.each(rows)('judge $name as the table says', ({ text, mediaType, valid, by }) => {
    const { schema = '' } = types.find((row) => row.mediaType === mediaType) ?? {}
    const isFine = schemaProblems(schemaOf(schema), JSON.parse(text)).length === 0
    // What the schema lets pass, a rule beside it refuses.
    expect(isFine).toBe(valid || by === 'extra')
  })

  test('accept every document of an image that is written', async () => {
    await using workshop = await openWorkshop()
    const layers = [['dir /etc', 'file /etc/a one'], ['gone /etc/a']]
    const config = {
      created: '2024-01-02T03:04:05Z',
      config: {
        Env: ['A=1'],
        Cmd: ['x'],
        ExposedPorts: { '80/tcp': {} },
        Volumes: { '/v': {} },
        Labels: { a: 'b' },
        WorkingDir: '/',
        ArgsEscaped: true,
      },
    }
    const folder = join(await scratch(), 'image')
    const image = await workshop.image(layers, config)
    await exportOciFolder([{ image, names: [parseReference('app:1')] }], folder, workshop.exportPorts)
    const read = (path: string) => JSON.parse(readFileSync(join(folder, path), 'utf8'))
    const blobOf = ({ digest }: { digest: string }) => read(`blobs/sha256/${digest.slice('sha256:'.length)}`)
    const index = read('index.json')
    const [manifest] = index.manifests.map(blobOf)
    expect(schemaProblems(schemas.layout, read('oci-layout'))).toEqual([])
    expect(schemaProblems(schemas.index, index)).toEqual([])
    expect(schemaProblems(schemas.manifest, manifest)).toEqual([])
    expect(schemaProblems(schemas.config, blobOf(manifest.config))).toEqual([])
    for (const layer of manifest.layers) expect(schemaProblems(schemas.descriptor, layer)).toEqual([])
    expect(readdirSync(join(folder, 'blobs/sha256'))).toHaveLength(2 + manifest.layers.length)
  })
})
