import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { getuid } from 'node:process'
import { setTimeout as sleep } from 'node:timers/promises'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { sha256 } from '../../src/digest/index.ts'
import { mediaTypes } from '../../src/image/index.ts'
import { openStore } from '../../src/store/index.ts'
import { busyboxBase, hasBusyboxBase, noBusyboxBase } from '../support/busybox-base.ts'
import { tsbuild } from '../support/command-line.ts'
import { blobOf, type Contents, contentsOf, fakeImage, serve } from '../support/fake-image.ts'
import { startServer, type TestServer } from '../support/http-server.ts'
import { openWorkspace, type Workspace } from '../support/workspace.ts'

const able = getuid?.() === 0 && hasBusyboxBase

describe.skipIf(!able)(`a base in a registry (${hasBusyboxBase ? 'needs root' : noBusyboxBase})`, () => {
  let registry: TestServer
  let contents: Contents
  let workspace: Workspace
  let layerDigest = ''
  const blobsAsked = () => registry.requests.filter(({ path }) => path.endsWith(layerDigest)).length

  beforeAll(async () => {
    const files = readFileSync(busyboxBase())
    const layer = blobOf(gzipSync(files), mediaTypes.layerGzip)
    layerDigest = sha256(layer.bytes)
    const config = { config: { Cmd: ['sh'] }, rootfs: { type: 'layers', diff_ids: [sha256(files)] } }
    contents = contentsOf('base', '1', fakeImage({ layer, config }))
    registry = await startServer((...asked) => serve(contents)(...asked))
    workspace = await openWorkspace()
  })
  afterAll(() => Promise.all([registry[Symbol.asyncDispose](), workspace[Symbol.asyncDispose]()]))

  it('is not downloaded for a build that only changes settings', async () => {
    workspace.write({ 'context/Dockerfile': `FROM ${registry.host}/base:1\nENV A=1\nCMD ["true"]\n` })
    const { result } = await workspace.build({ tags: ['settings'] })
    expect(blobsAsked()).toBe(0)
    expect(existsSync(join(workspace.environment.root, 'oci/blobs/sha256', layerDigest.slice(7)))).toBe(false)
    expect(await tsbuild(workspace, 'history', '-q', '--no-trunc', 'settings')).toMatchObject({
      stdout: expect.stringMatching(new RegExp(`^${result.id}\n`)),
    })
    expect(blobsAsked()).toBe(0)
  })

  it('is downloaded once, by the first that reads it', async () => {
    workspace.write({ 'context/Dockerfile': `FROM ${registry.host}/base:1\nRUN echo hi > /hi\n` })
    await workspace.build({ tags: ['one'] })
    workspace.write({ 'context/Dockerfile': `FROM ${registry.host}/base:1\nRUN echo ho > /ho\n` })
    await workspace.build({ tags: ['two'] })
    expect(blobsAsked()).toBe(1)
  })

  it('is not asked for anything once it is here', async () => {
    const before = registry.requests.length
    await workspace.build({ tags: ['two'] })
    expect(await tsbuild(workspace, 'save', '-o', 'settings.tar', 'settings')).toMatchObject({ status: 0, stderr: '' })
    expect(registry.requests).toHaveLength(before)
  })

  it('is asked again with pull: always', async () => {
    const before = registry.requests.length
    const { ran } = await workspace.build({ tags: ['two'], pull: 'always' })
    expect(ran).toEqual([])
    expect(registry.requests.length).toBeGreaterThan(before)
    expect(blobsAsked()).toBe(1)
  })

  it('has its name when a build that failed is over, however long that takes', async () => {
    await using cold = await openWorkspace()
    const name = `${registry.host}/base:1`
    cold.write({ 'context/Dockerfile': `FROM ${name}\nCOPY no-such /\n` })
    const store = await openStore(cold.environment.root, { now: Date.now })
    let release = () => {}
    const held = store.locked('index', () => new Promise<void>((resolve) => (release = resolve)))
    let isOver = false
    const failed = cold.build().catch((error: unknown) => error)
    void failed.then(() => (isOver = true))
    await vi.waitFor(() => expect(registry.requests.length).toBeGreaterThan(0))
    await sleep(400)
    expect(isOver).toBe(false)
    release()
    await held
    expect(await failed).toMatchObject({ code: 'TSB_COPY_SOURCE_MISSING' })
    expect((await store.images.list()).map(({ names }) => names)).toEqual([[name]])
    await store.close()
  })

  it('keeps its name when a build with another one fails, and the next build stands on what is here', async () => {
    const name = `${registry.host}/base:1`
    const idOf = async () => (await tsbuild(workspace, 'images', '-q', '--no-trunc', name)).stdout
    const before = await idOf()
    const gone = fakeImage({ layer: blobOf(gzipSync(Buffer.alloc(1024)), mediaTypes.layerGzip) })
    // Its layer cannot be had.
    contents = new Map([...contentsOf('base', '1', gone)].filter(([path]) => !path.endsWith(sha256(gone.layer.bytes))))
    workspace.write({ 'context/Dockerfile': `FROM ${name}\nRUN echo he > /he\n` })
    await expect(workspace.build({ pull: 'always' })).rejects.toMatchObject({ code: 'TSB_IMAGE_NOT_FOUND' })
    expect(await idOf()).toBe(before)
    expect((await workspace.build()).ran).toHaveLength(1)
    workspace.write({ 'context/Dockerfile': `FROM ${name}\nENV A=2\n` })
    const nowhere = { tags: ['127.0.0.1:1/app'], outputs: [{ type: 'registry' }] } as const
    await expect(workspace.build({ pull: 'always', ...nowhere })).rejects.toMatchObject({ code: 'TSB_PUSH_FAILED' })
    expect(await idOf()).toBe(before)
    await workspace.build({ pull: 'always' })
    expect(await idOf()).not.toBe(before)
  })
})
