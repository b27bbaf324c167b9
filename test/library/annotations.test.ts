import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { Annotation } from '../../src/index.ts'
import { openImages } from '../../src/index.ts'
import { openWorkspace, type Workspace } from '../support/workspace.ts'

const annotations: readonly Annotation[] = [
  { on: 'manifest', name: 'z', value: 'last' },
  { on: 'manifest', name: 'a', value: 'for all' },
  { on: 'manifest', platform: 'linux/arm64', name: 'a', value: 'for arm64' },
  { on: 'manifest', platform: 'linux/amd64', name: 'b', value: 'for amd64' },
  { on: 'manifest-descriptor', name: 'd', value: 'named' },
]

async function built(options: Parameters<Workspace['build']>[0]) {
  const workspace = await openWorkspace()
  workspace.write({ 'context/Dockerfile': 'FROM scratch\nCOPY Dockerfile /\n' })
  const { result } = await workspace.build({ platform: 'linux/arm64', tags: ['app'], ...options })
  return { workspace, result }
}

interface Entry {
  readonly digest: string
  readonly annotations?: Readonly<Record<string, string>>
}

function readLayout(folder: string) {
  const index = JSON.parse(readFileSync(join(folder, 'index.json'), 'utf8')) as { manifests: Entry[] }
  const [entry] = index.manifests
  const manifest = readFileSync(join(folder, 'blobs/sha256', entry?.digest.slice(7) ?? ''), 'utf8')
  return { entries: index.manifests, manifest: JSON.parse(manifest) as { annotations?: unknown }, text: manifest }
}

describe('annotations', () => {
  test('are in the manifest of the store and in what names it; those of the platform are stronger', async () => {
    await using opened = (await built({ annotations })).workspace
    const { entries, manifest, text } = readLayout(join(opened.environment.root, 'oci'))
    expect(manifest.annotations).toEqual({ a: 'for arm64', z: 'last' })
    expect(text).toContain('"annotations":{"a":"for arm64","z":"last"}')
    for (const entry of entries) expect(entry.annotations).toMatchObject({ d: 'named' })
  })

  test('of an output are its own, and the image id stays', async () => {
    const plain = await built({})
    const dest = join(plain.workspace.directory, 'oci')
    const output = { type: 'oci', dest, tar: false, annotations } as const
    const { result } = await plain.workspace.build({ platform: 'linux/arm64', tags: ['app'], outputs: [output] })
    expect(result).toMatchObject({ id: plain.result.id, manifest: plain.result.manifest })
    const { entries, manifest } = readLayout(dest)
    expect(manifest.annotations).toEqual({ a: 'for arm64', z: 'last' })
    expect(entries[0]?.annotations).toMatchObject({ d: 'named', 'org.opencontainers.image.ref.name': 'latest' })
    expect(readLayout(join(plain.workspace.environment.root, 'oci')).manifest.annotations).toBeUndefined()
    await plain.workspace[Symbol.asyncDispose]()
  })

  test('stay when the image gets another name, and when it is saved', async () => {
    await using workspace = (await built({ annotations })).workspace
    const images = await openImages(workspace.environment)
    await images.tag('app', 'other')
    const archive = { format: 'oci', dest: join(workspace.directory, 'saved.tar') } as const
    await images.save(['other'], archive, new AbortController().signal)
    await images.close()
    const loaded = await openWorkspace()
    const theirs = await openImages(loaded.environment)
    await theirs.load(archive.dest, new AbortController().signal)
    await theirs.close()
    const { manifest } = readLayout(join(loaded.environment.root, 'oci'))
    expect(manifest.annotations).toEqual({ a: 'for arm64', z: 'last' })
    await loaded[Symbol.asyncDispose]()
  })

  test('of an index are refused before anything is built, since none is made', async () => {
    await using workspace = await openWorkspace()
    workspace.write({ 'context/Dockerfile': 'FROM scratch\n' })
    for (const on of ['index', 'index-descriptor'] as const) {
      await expect(workspace.build({ annotations: [{ on, name: 'a', value: 'b' }] })).rejects.toMatchObject({
        code: 'TSB_ANNOTATION_INDEX',
        message: 'index annotations not supported for single platform export',
      })
    }
    expect(readdirSync(workspace.directory)).toEqual(['context'])
  })
})
