import { describe, expect, it } from 'vitest'
import { sha256 } from '../../src/digest/index.ts'
import { type Descriptor, documentLimitsOf, mediaTypes } from '../../src/image/index.ts'
import { defaultLimits } from '../../src/limits.ts'
import { copyAll, type Source, type Target, uploadTo } from '../../src/transfer/index.ts'
import { startServer } from '../support/http-server.ts'
import { code, open } from '../support/pulling.ts'

const empty = Buffer.from('{}')
const limits = documentLimitsOf(defaultLimits)

/** Documents that are made as they are needed, and a target that counts. */
function makeWorld() {
  const documents = new Map<string, Uint8Array>()
  const counts = { reads: 0, puts: 0 }
  const add = (mediaType: string, content: object): Descriptor => {
    const bytes = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType, ...content }))
    const digest = sha256(bytes)
    documents.set(digest, bytes)
    return { mediaType, digest, size: bytes.length }
  }
  const bytesOf = ({ digest }: Descriptor) => documents.get(digest) ?? empty
  const sourceOf = (root: Descriptor): Source => ({
    root: { descriptor: root, bytes: bytesOf(root) },
    async document(descriptor) {
      counts.reads++
      return bytesOf(descriptor)
    },
    blob: (descriptor) => ({
      descriptor,
      open: async function* () {
        yield empty
      },
    }),
  })
  const target: Target = {
    blob: async () => {},
    async document() {
      counts.puts++
    },
    finish: async () => {},
  }
  return { add, counts, sourceOf, target }
}

describe('a copy from a hostile registry', () => {
  it('E07 takes a document once, however often indexes name it', async () => {
    const { add, counts, sourceOf, target } = makeWorld()
    let top = add(mediaTypes.index, { manifests: [] })
    for (let depth = 1; depth <= 3; depth++) top = add(mediaTypes.index, { manifests: Array(20).fill(top) })
    await copyAll(sourceOf(top), target, limits, undefined, undefined)
    expect(counts).toEqual({ reads: 3, puts: 4 })
  })

  it.each([
    ['in one another', 1],
    ['side by side', 2000],
  ])('E07 takes no referrers without end, %s', async (_, atOnce) => {
    const { add, counts, sourceOf, target } = makeWorld()
    let made = 0
    const config = { mediaType: 'application/vnd.oci.empty.v1+json', digest: sha256(empty), size: 2 }
    const make = () => add(mediaTypes.manifest, { config, layers: [], annotations: { n: String(made++) } })
    const referrers = async () => {
      if (made > 5000) throw new Error('it goes on and on')
      return atOnce > 1 && made > 1 ? [] : Array.from({ length: atOnce }, make)
    }
    const copied = copyAll({ ...sourceOf(make()), referrers }, target, limits, undefined, undefined, true)
    await expect(copied).rejects.toThrow(code('TSB_REFERRERS_LIMIT'))
    expect(counts.reads).toBe(1000)
  })
})

describe('what is told of a copy', () => {
  it.each([
    [mediaTypes.config, 'config'],
    [mediaTypes.dockerConfig, 'config'],
    ['application/vnd.oci.empty.v1+json', 'config'],
    ['application/vnd.cncf.helm.config.v1+json', 'config'],
    [mediaTypes.layerGzip, 'layer'],
    [mediaTypes.dockerLayerGzip, 'layer'],
    ['application/vnd.dev.cosign.simplesigning.v1+json', 'layer'],
  ])('calls %s a %s', async (mediaType, kind) => {
    const labels: string[] = []
    await using server = await startServer((_, response) => response.writeHead(200).end())
    const registry = open()
    const blob = { descriptor: { mediaType, digest: sha256(empty), size: 2 }, open: async function* () {} }
    await uploadTo(registry, `${server.host}/app`, blob, (label) => labels.push(label), undefined)
    expect(labels).toEqual([`pushing ${kind} ${sha256(empty)} (already there)`])
    registry.close()
  })
})
