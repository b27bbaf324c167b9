import { describe, expect, it } from 'vitest'
import { sha256 } from '../../src/digest/index.ts'
import {
  assemble,
  type History,
  historyComment,
  type ImageConfig,
  type ImageParts,
  type Layer,
  manifestOf,
  mediaTypes,
} from '../../src/image/index.ts'

/** A layer of which only the names matter here. */
function layer(name: string): Layer {
  const never = () => {
    throw new Error('assembling reads no layer')
  }
  return {
    contentId: async () => sha256(name),
    diffId: async () => sha256(name),
    descriptor: async () => ({ mediaType: mediaTypes.layerTar, digest: sha256(name), size: name.length }),
    blob: never,
    tree: never,
    directory: never,
    lower: never,
  }
}

const baseRow: History = { created: '2020-01-01T00:00:00Z', created_by: 'base' }
const baseConfig: ImageConfig = {
  architecture: 'amd64',
  os: 'linux',
  rootfs: { type: 'layers', diff_ids: [sha256('base')] },
  history: [baseRow],
}
const made = (name: string, created: string) => ({ createdBy: `RUN ${name}`, layer: { layer: layer(name), created } })
const parts = (more: Partial<ImageParts> = {}): ImageParts => ({
  config: baseConfig,
  baseLayers: [layer('base')],
  history: [
    { createdBy: 'ENV a=1' },
    made('one', '2024-01-01T00:00:00Z'),
    { createdBy: 'USER app' },
    made('two', '2025-01-01T00:00:00Z'),
    { createdBy: 'CMD ["x"]' },
  ],
  ...more,
})

describe('assemble', () => {
  it('gives rows without a layer the time of the next new layer, and the last ones that of the last', async () => {
    const { config } = await assemble(parts())
    expect(config.history?.map((row) => row.created?.slice(0, 4))).toEqual([
      '2020',
      '2024',
      '2024',
      '2025',
      '2025',
      '2025',
    ])
    expect(config.created).toBe('2025-01-01T00:00:00Z')
  })

  it('marks the rows without a layer, and signs its own', async () => {
    const { config } = await assemble(parts())
    expect(config.history?.[0]).toEqual(baseRow)
    expect(config.history?.slice(1).map((row) => row.empty_layer)).toEqual([true, undefined, true, undefined, true])
    expect(config.history?.[1]?.comment).toBe(historyComment)
  })

  it('keeps layers, diff ids and rows with a layer equal in number and order', async () => {
    const image = await assemble(parts())
    expect(image.config.rootfs.diff_ids).toEqual(['base', 'one', 'two'].map(sha256))
    expect(await Promise.all(image.layers.map((each) => each.diffId()))).toEqual(image.config.rootfs.diff_ids)
  })

  it('sets every time that it adds to the epoch, and none of the base', async () => {
    const { config } = await assemble(parts(), 1_000_000_000)
    expect(new Set(config.history?.map((row) => row.created))).toEqual(
      new Set([baseRow.created, '2001-09-09T01:46:40Z']),
    )
    expect(config.created).toBe('2001-09-09T01:46:40Z')
  })

  it('takes the time of the base when nothing but settings is new', async () => {
    const { config } = await assemble(parts({ history: [{ createdBy: 'ENV a=1' }] }))
    expect(config.created).toBe(baseRow.created)
  })

  it('names no time when there is none', async () => {
    const empty: ImageConfig = { ...baseConfig, rootfs: { type: 'layers', diff_ids: [] }, history: [] }
    const { configBytes } = await assemble({ config: empty, baseLayers: [], history: [{ createdBy: 'ENV a=1' }] })
    expect(Buffer.from(configBytes).toString()).not.toContain('created"')
  })

  it('makes up rows for a base that has none', async () => {
    const { history: _, ...silent } = baseConfig
    const { config } = await assemble(parts({ config: silent, history: [] }))
    expect(config.history).toEqual([{ comment: 'buildkit.exporter.image.v0' }])
  })

  it.each<[string, ImageConfig]>([
    ['rows', { ...baseConfig, history: [baseRow, baseRow] }],
    ['diff ids', { ...baseConfig, rootfs: { type: 'layers', diff_ids: [] } }],
  ])('E09 refuses a base whose %s do not fit its layers', async (_, config) => {
    await expect(assemble(parts({ config }))).rejects.toThrow(expect.objectContaining({ code: 'TSB_HISTORY_MISMATCH' }))
  })

  it('writes equal values as equal bytes, whatever the order of their members', async () => {
    const write = async (config: object) =>
      Buffer.from((await assemble(parts({ config: { ...baseConfig, ...config }, history: [] }))).configBytes).toString()
    const one = await write({ config: { Cmd: ['x'], Env: ['A=1'], Zz: 1, Labels: { b: '1', a: '2' } }, author: 'me' })
    expect(one).toBe(
      await write({ author: 'me', config: { Zz: 1, Labels: { a: '2', b: '1' }, Env: ['A=1'], Cmd: ['x'] } }),
    )
    expect(one).toMatch(
      /^\{"architecture":"amd64","author":"me","config":\{"Env":\["A=1"\],"Cmd":\["x"\],"Labels":\{"a":"2"/,
    )
  })

  it('is named by the sha256 of its config', async () => {
    const image = await assemble(parts())
    expect(image.id).toBe(sha256(image.configBytes))
  })
})

describe('manifestOf', () => {
  it('calls the layers of Docker images by their OCI names', async () => {
    const image = await assemble(parts())
    const { bytes, descriptor } = manifestOf(image, [
      { mediaType: mediaTypes.dockerLayerGzip, digest: sha256(''), size: 0 },
    ])
    expect(descriptor).toEqual({ mediaType: mediaTypes.manifest, digest: sha256(bytes), size: bytes.length })
    expect(JSON.parse(Buffer.from(bytes).toString())).toEqual({
      schemaVersion: 2,
      mediaType: mediaTypes.manifest,
      config: { mediaType: mediaTypes.config, digest: image.id, size: image.configBytes.length },
      layers: [{ mediaType: mediaTypes.layerGzip, digest: sha256(''), size: 0 }],
    })
  })
})
