import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { execPath } from 'node:process'
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { type Digest, hexOf, sha256 } from '../../src/digest/index.ts'
import { checkStore, type Environment, removeContainer } from '../../src/index.ts'
import { openStore } from '../../src/store/index.ts'
import { tsbuild } from '../support/command-line.ts'
import { contentsOf, fakeImage, serve } from '../support/fake-image.ts'
import { findingsIn } from '../support/fsck.ts'
import { startServer } from '../support/http-server.ts'
import { smallImage } from '../support/small-image.ts'
import { openWorkspace, type Workspace } from '../support/workspace.ts'

describe('a check of the store', () => {
  let workspace: Workspace
  let environment: Environment
  let root: string
  const blob = (digest: Digest) => join(root, 'oci/blobs/sha256', hexOf(digest))
  const names = () => JSON.parse(readFileSync(join(root, 'oci/index.json'), 'utf8')).manifests.length

  beforeEach(async () => {
    workspace = await openWorkspace()
    onTestFinished(() => workspace[Symbol.asyncDispose]())
    environment = workspace.environment
    root = environment.root
    workspace.write({ 'context/Dockerfile': 'FROM scratch\nCOPY a /\n', 'context/a': 'some text', 'context/b': 'more' })
    await workspace.build({ tags: ['app'] })
  })

  /** Layer, config and manifest of an image without an origin. */
  async function otherImage() {
    const store = await openStore(root, { now: Date.now })
    const image = await smallImage(store, 'other')
    const manifest = await store.images.save(image, ['other'])
    await store.close()
    const layer = await image.layers[0]?.diffId()
    if (!layer) throw new Error('it has no layer')
    return { layer, config: image.id, manifest: manifest.digest }
  }

  /** The same number of other bytes. */
  function damage(file: string): void {
    const bytes = readFileSync(file)
    bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] ?? 0) ^ 1
    rmSync(file)
    writeFileSync(file, bytes)
  }

  it('finds nothing after a build, and says how much it read', async () => {
    const check = await checkStore({}, environment)
    expect(check).toMatchObject({ whole: true, images: 1, blobs: 3, records: 1 })
    // Groups are of the machine, and tests beside this one kill builds.
    expect(check.findings.filter(({ kind }) => kind !== 'cgroup-left')).toEqual([])
    expect(check.bytesRead).toBeGreaterThan(3000)
    expect(await checkStore({}, { ...environment, root: join(root, 'nowhere') })).toMatchObject({
      whole: true,
      blobs: 0,
    })
  })

  it.each(['layer', 'config', 'manifest'] as const)(
    'a %s that is gone or damaged is a loss, also after a repair',
    async (part) => {
      const image = await otherImage()
      damage(blob(image[part]))
      expect(await findingsIn(environment)).toEqual([`loss ${part}-damaged`])
      expect(await findingsIn(environment, true)).toEqual([`loss ${part}-damaged`])
      expect(await findingsIn(environment)).toEqual([`loss ${part}-missing`, 'waste blob-stranger'])
      expect(names()).toBe(4)
    },
  )

  it('a layer that is not here is none where it can be fetched; a damaged one is fetched again by a repair', async () => {
    const base = fakeImage()
    await using server = await startServer(serve(contentsOf('base', '1', base)))
    workspace.write({ 'context/Dockerfile': `FROM ${server.host}/base:1\nENV A=1\n` })
    await workspace.build({ tags: ['app'] })
    const file = blob(sha256(base.layer.bytes))
    expect([existsSync(file), await findingsIn(environment)]).toEqual([false, []])
    writeFileSync(file, 'other bytes')
    expect(await findingsIn(environment)).toContain('loss layer-damaged')
    expect(await findingsIn(environment, true)).toContain('loss layer-damaged fetched')
    expect(readFileSync(file)).toEqual(Buffer.from(base.layer.bytes))
    expect(await findingsIn(environment)).toEqual([])
    const origin = join(root, 'origins', hexOf(sha256(base.layer.bytes)))
    writeFileSync(origin, '{')
    rmSync(file)
    expect(await findingsIn(environment)).toContain('waste origin-damaged')
    expect(await findingsIn(environment)).toContain('loss layer-missing')
  })

  it('a repair leaves alone what was written anew after it was looked at', async () => {
    const image = await otherImage()
    const good = readFileSync(blob(image.layer))
    damage(blob(image.layer))
    writeFileSync(join(workspace.directory, 'good'), good)
    // The clock is asked when the check begins, and when the store is opened to be repaired: somebody loads it in between.
    let asked = 0
    const now = () => {
      if (++asked === 2) renameSync(join(workspace.directory, 'good'), blob(image.layer))
      return Date.now()
    }
    const { findings } = await checkStore({ repair: true }, { ...environment, now })
    const [loss] = findings.filter(({ level }) => level === 'loss')
    expect(loss).toMatchObject({ kind: 'layer-damaged', hint: 'it was written to meanwhile: check again' })
    expect(readFileSync(blob(image.layer))).toEqual(good)
    expect(await findingsIn(environment)).toEqual([])
  })

  it('a layer that two images share is mended once', async () => {
    const base = fakeImage()
    await using server = await startServer(serve(contentsOf('base', '1', base)))
    for (const name of ['one', 'two']) {
      workspace.write({ 'context/Dockerfile': `FROM ${server.host}/base:1\nENV NAME=${name}\n` })
      await workspace.build({ tags: [name] })
    }
    const file = blob(sha256(base.layer.bytes))
    writeFileSync(file, 'other bytes')
    const losses = (lines: readonly string[]) => lines.filter((line) => line.startsWith('loss'))
    expect(losses(await findingsIn(environment, true))).toEqual(Array(3).fill('loss layer-damaged fetched'))
    expect(readFileSync(file)).toEqual(Buffer.from(base.layer.bytes))
    rmSync(join(root, 'origins', hexOf(sha256(base.layer.bytes))))
    damage(file)
    expect(losses(await findingsIn(environment, true))).toEqual(Array(3).fill('loss layer-damaged'))
    expect(losses(await findingsIn(environment))).toEqual(Array(3).fill('loss layer-missing'))
  })

  it('a repair is refused while somebody has the store open, also one who has written nothing', async () => {
    const other = await openStore(root, { now: Date.now })
    await expect(checkStore({ repair: true }, environment)).rejects.toMatchObject({ code: 'TSB_STORE_BUSY' })
    await other.close()
    expect(await findingsIn(environment, true)).toEqual([])
  })

  it('a store of another version is not looked into', async () => {
    writeFileSync(join(root, 'version'), '999\n')
    await expect(checkStore({}, environment)).rejects.toMatchObject({ code: 'TSB_STORE_VERSION' })
    await expect(checkStore({ repair: true }, environment)).rejects.toMatchObject({ code: 'TSB_STORE_VERSION' })
  })

  it('an index that cannot be read, or gives a name twice, is a loss', async () => {
    const other = await otherImage()
    const file = join(root, 'oci/index.json')
    const index = JSON.parse(readFileSync(file, 'utf8'))
    const mine = index.manifests.find(({ digest }: { digest: Digest }) => digest !== other.manifest)
    const theirs = index.manifests.find(({ digest }: { digest: Digest }) => digest === other.manifest)
    const twice = { ...mine, annotations: theirs.annotations }
    writeFileSync(file, JSON.stringify({ ...index, manifests: [...index.manifests, twice] }))
    expect(await findingsIn(environment)).toEqual(['loss name-twice'])
    writeFileSync(file, '{"manifests":')
    expect(await findingsIn(environment)).toEqual(['loss index-damaged'])
  })

  it('what is damaged in the cache is waste, and is removed by a repair', async () => {
    const below = (folder: string) =>
      readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => join(entry.parentPath, entry.name))
    for (const folder of ['records', 'files', 'steps', 'layers', 'intact']) {
      for (const file of below(`cache/${folder}`)) writeFileSync(file, 'x'.repeat(200))
    }
    writeFileSync(blob(sha256('nobody')), 'somebody')
    mkdirSync(join(root, 'trees/AAAA'))
    const kinds = ['blob-damaged', 'cache-damaged', 'cache-damaged', 'cache-damaged', 'index-file-damaged']
    const waste = [...kinds, 'record-damaged', 'tree-stranger'].map((kind) => `waste ${kind}`)
    expect(await findingsIn(environment)).toEqual(waste)
    expect(await findingsIn(environment, true)).toEqual(waste.map((line) => `${line} removed`))
    expect(await findingsIn(environment)).toEqual([])
    expect((await workspace.build({ tags: ['app'] })).ran).toHaveLength(1)
  })

  it('strangers in the cache and damaged blobs that were put aside are waste, and are removed by a repair', async () => {
    writeFileSync(join(root, 'cache/probes.json.4711'), '[]')
    writeFileSync(`${blob(sha256('nobody'))}.damaged`, 'somebody')
    const waste = ['waste blob-stranger', 'waste cache-stranger']
    expect(await findingsIn(environment)).toEqual(waste)
    expect(await findingsIn(environment, true)).toEqual(waste.map((line) => `${line} removed`))
    expect(await findingsIn(environment)).toEqual([])
  })

  it('what a dead process left is waste; what a living one has is not, and keeps a repair away', async () => {
    mkdirSync(join(root, 'tmp/dead'))
    writeFileSync(join(root, 'locks/dead'), '')
    const hold = `
      const { openStore } = await import(${JSON.stringify(join(import.meta.dirname, '../../src/store/index.ts'))})
      const store = await openStore(process.argv[1], { now: Date.now })
      await store.locked('some lock', async () => {
        await store.temporary('here')
        console.log('ready')
        await new Promise((done) => process.stdin.once('data', done))
      })`
    const child = spawn(execPath, ['--input-type=module', '-e', hold, root], { stdio: ['pipe', 'pipe', 'inherit'] })
    onTestFinished(() => void child.kill('SIGKILL'))
    await once(child.stdout, 'data')
    mkdirSync(join(root, 'tmp/dead2'))
    expect(await findingsIn(environment)).toEqual(['waste temporary-left'])
    await expect(checkStore({ repair: true }, environment)).rejects.toMatchObject({ code: 'TSB_STORE_BUSY' })
    child.kill('SIGKILL')
    await once(child, 'exit')
    expect(await findingsIn(environment)).toEqual(['waste lock-left', 'waste temporary-left'])
    expect(await findingsIn(environment, true)).toContain('waste lock-left removed')
    expect(await findingsIn(environment)).toEqual([])
  })

  it('a file that an earlier version put where folders are kept is waste, and goes with a repair or a sweep', async () => {
    const file = join(root, 'kept/steps.json')
    const write = () => {
      mkdirSync(join(root, 'kept'), { recursive: true })
      writeFileSync(file, '{}')
    }
    write()
    expect(await findingsIn(environment)).toEqual(['waste kept-damaged'])
    expect(await findingsIn(environment, true)).toEqual(['waste kept-damaged removed'])
    write()
    await expect(removeContainer('box', environment)).rejects.toMatchObject({ code: 'TSB_CONTAINER_NOT_FOUND' })
    expect(existsSync(file)).toBe(false)
  })

  it('doctor --fsck says it in text and JSON, with status 1 for a loss', async () => {
    const whole = await tsbuild(workspace, 'doctor', '--fsck')
    expect(whole).toMatchObject({
      status: 0,
      stdout: expect.stringMatching(/^(the store is whole|no image is damaged): 1 image, 3 blobs/m),
    })
    const { layer } = await otherImage()
    renameSync(blob(layer), join(workspace.directory, 'kept'))
    const text = await tsbuild(workspace, 'doctor', '--fsck')
    expect(text).toMatchObject({ status: 1, stderr: '' })
    expect(text.stdout).toMatch(
      /^LOSS {2}other:latest: its layer sha256:\w+ is not here\n {6}hint: build or load other:latest again/,
    )
    const json = await tsbuild(workspace, 'doctor', '--fsck', '--format=json')
    expect(JSON.parse(json.stdout)).toMatchObject({
      whole: false,
      findings: expect.arrayContaining([expect.objectContaining({ level: 'loss', kind: 'layer-missing' })]),
    })
    expect(await tsbuild(workspace, 'doctor', '--fsck', '--format=xml')).toMatchObject({ status: 125 })
  })
})
