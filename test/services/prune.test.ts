import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { execPath, getuid } from 'node:process'
import { describe, expect, it, onTestFinished } from 'vitest'
import { sha256 } from '../../src/digest/index.ts'
import { type BuildOptions, diskUsage, openImages, type PruneOptions, prune } from '../../src/index.ts'
import { busyboxBase, hasBusyboxBase, noBusyboxBase } from '../support/busybox-base.ts'
import { startTsbuild, tsbuild } from '../support/command-line.ts'
import { findOrdinaryUser, noOrdinaryUser } from '../support/ordinary-user.ts'
import { hasProgram, runProgram } from '../support/programs.ts'
import { openWorkspace, type Workspace } from '../support/workspace.ts'

const day = 86_400_000
const canRun = getuid?.() === 0 && hasBusyboxBase

describe('what prune leaves', () => {
  it('are images with a name: they export as before, other tools read them, and builds give the same again', async () => {
    await using workspace = await openCopies()
    const before = await exported(workspace, 'app')
    const { result } = await workspace.build({ tags: ['app'] })
    await prune({ all: true }, workspace.environment)
    const { entries, reclaimable } = await diskUsage({}, workspace.environment)
    expect([reclaimable, entries.filter(({ inUse }) => !inUse)]).toEqual([0, []])
    expect(sha256(await exported(workspace, 'app'))).toBe(sha256(before))
    const layout = join(workspace.environment.root, 'oci')
    if (hasProgram('skopeo')) {
      expect(JSON.parse(runProgram('skopeo', 'inspect', `oci:${layout}:app`)).Layers).toHaveLength(2)
    }
    if (hasProgram('umoci')) expect(runProgram('umoci', 'stat', '--image', `${layout}:app`)).toContain('COPY')
    const again = await workspace.build({ tags: ['again'], noCache: true })
    expect(again.ran).toHaveLength(2)
    expect((await workspace.build({ tags: ['again'] })).cached).toHaveLength(2)
    expect(result.id).not.toBe('')
  })

  it('without -a is what the next builds of named images need', async () => {
    await using workspace = await openCopies()
    await workspace.build({ tags: ['app'] })
    workspace.write({ 'context/b': 'other' })
    await workspace.build()
    const { removed } = await prune({}, workspace.environment)
    expect(removed.map(({ type, description, why }) => [type, description, why])).toEqual([
      ['image', 'image without a name', 'it has no name'],
      ['regular', 'copy /b', 'no image with a name needs it'],
    ])
    workspace.write({ 'context/b': 'b' })
    const next = await workspace.build({ tags: ['app'] })
    expect([next.cached.length, next.ran]).toEqual([2, []])
  })

  it('without -a are strangers in the cache and damaged blobs that were put aside; with it they go', async () => {
    await using workspace = await openCopies()
    await workspace.build({ tags: ['app'] })
    const { root } = workspace.environment
    const strange = [join(root, 'cache/probes.json.4711'), join(root, 'oci/blobs/sha256', `${'a'.repeat(64)}.damaged`)]
    for (const path of strange) writeFileSync(path, 'x'.repeat(10_000))
    mkdirSync(join(root, 'cache/of-another'))
    const { entries } = await diskUsage({}, workspace.environment)
    const found = entries.filter(({ id }) => ['strange', 'damaged'].includes(id))
    expect(found.map(({ size }) => size >= 10_000)).toEqual([true, true])
    expect((await prune({}, workspace.environment)).removed).toEqual([])
    const { removed } = await prune({ all: true }, workspace.environment)
    expect(
      removed
        .filter(({ why }) => why === 'nothing needs it')
        .map(({ id }) => id)
        .sort(),
    ).toEqual(['damaged', 'strange'])
    expect(strange.filter(existsSync)).toEqual([])
    expect(existsSync(join(root, 'cache/of-another'))).toBe(false)
  })

  it('is all, when it only says what it would do', async () => {
    await using workspace = await openCopies()
    await workspace.build()
    const before = listing(workspace.environment.root)
    const planned = await prune({ all: true, dryRun: true }, workspace.environment)
    expect(listing(workspace.environment.root)).toEqual(before)
    const done = await prune({ all: true }, workspace.environment)
    expect(done.removed.map(({ id, why }) => [id, why])).toEqual(planned.removed.map(({ id, why }) => [id, why]))
    expect(done.total).toBe(planned.total)
    const left = filesIn(workspace.environment.root).filter((file) => !file.includes('/builds/'))
    expect(left.map((file) => file.replace(/^.*\//, ''))).toEqual(['index.json', 'oci-layout', 'version'])
  })

  it('is what the filters do not say', async () => {
    await using workspace = await openCopies()
    await workspace.build()
    const of = async (filter: NonNullable<PruneOptions['filters']>[number]) =>
      (await prune({ all: true, dryRun: true, filters: [filter] }, workspace.environment)).removed.map(
        ({ type }) => type,
      )
    expect(new Set(await of({ key: 'type', operator: '!=', value: 'regular' }))).toEqual(new Set(['image', 'internal']))
    expect(await of({ key: 'description', operator: '~=', value: 'copy /.' })).toEqual([])
    await prune({ filters: [{ key: 'type', operator: '=', value: 'image' }] }, workspace.environment)
    expect(await of({ key: 'description', operator: '~=', value: 'copy /.' })).toEqual(['regular', 'regular'])
  })

  it('is no more than a limit, and what was used last', async () => {
    await using workspace = await openCopies()
    for (const name of ['one', 'two', 'three', 'four']) {
      workspace.write({ 'context/b': name.repeat(100_000) })
      await workspace.build({ tags: ['app'] })
    }
    const maxUsedSpace = 1_000_000
    await prune({ all: true, maxUsedSpace }, workspace.environment)
    const { entries, reclaimable } = await diskUsage({}, workspace.environment)
    expect(reclaimable).toBeLessThanOrEqual(maxUsedSpace)
    expect(reclaimable).toBeGreaterThan(maxUsedSpace / 2)
    expect(entries.filter(({ description }) => description === 'copy /b').length).toBeGreaterThan(1)
    expect((await workspace.build({ tags: ['app'] })).ran).toEqual([])
  })

  it('after builds is no more than cacheMax, and those in which nothing is done look at nothing', async () => {
    await using workspace = await openCopies()
    const build = async (text: string) => {
      workspace.write({ 'context/b': text.repeat(100_000) })
      return workspace.build({ tags: ['app'], cacheMax: 700_000 })
    }
    for (const text of ['one', 'two', 'three', 'four']) {
      await build(text)
      expect((await diskUsage({}, workspace.environment)).reclaimable).toBeLessThanOrEqual(700_000)
    }
    const places = ['prune', 'closing'].map((name) => sha256(name).slice(7, 39))
    const { cached } = await workspace.build({ tags: ['app'], cacheMax: 0 })
    expect([
      cached.length,
      places.filter((place) => existsSync(join(workspace.environment.root, 'locks', place))),
    ]).toEqual([2, []])
    expect((await diskUsage({}, workspace.environment)).reclaimable).toBeGreaterThan(0)
  })

  it('after a build is its own image, also without a name', async () => {
    await using workspace = await openCopies()
    const { result } = await workspace.build({ cacheMax: 1 })
    await exported(workspace, result.id)
    workspace.write({ 'context/b': 'other' })
    const { result: next } = await workspace.build({ cacheMax: 1 })
    await exported(workspace, next.id)
    await expect(exported(workspace, result.id)).rejects.toThrow(
      expect.objectContaining({ code: 'TSB_IMAGE_NOT_FOUND' }),
    )
  })

  it('is nothing of what leads nowhere or is damaged', async () => {
    await using workspace = await openCopies()
    await workspace.build({ tags: ['app'] })
    const { root } = workspace.environment
    const [record = ''] = filesIn(join(root, 'cache/records'))
    writeFileSync(record, 'damaged')
    const strange = ['1', '2', '3'].map((digit) => digit.repeat(64))
    writeFileSync(join(root, 'oci/blobs/sha256', strange[0] ?? ''), 'a blob')
    writeFileSync(join(root, 'origins', strange[1] ?? ''), '{"location":"example.com/a"}')
    mkdirSync(join(root, 'trees/strange'), { mode: 0 })
    mkdirSync(join(root, 'cache/aliases/12'), { recursive: true })
    writeFileSync(join(root, 'cache/aliases/12', 'f'.repeat(62)), `sha256:${strange[2]}\n`)
    const { removed } = await prune({}, workspace.environment)
    expect(new Set(removed.map(({ why }) => why))).toEqual(new Set(['nothing needs it']))
    const left = listing(root).filter((line) => /1{64}|2{64}|f{62}|strange/.test(line))
    expect([left, existsSync(record)]).toEqual([[], false])
    expect((await workspace.build({ tags: ['app'] })).result.manifest.digest).toMatch(/^sha256:/)
  })

  it('is everything, when it cannot be known what an image needs', async () => {
    await using workspace = await openCopies()
    const { result } = await workspace.build({ tags: ['app'] })
    const { root } = workspace.environment
    const file = join(root, 'oci/blobs/sha256', result.manifest.digest.slice(7))
    const bytes = readFileSync(file, 'utf8')
    rmSync(file)
    writeFileSync(file, bytes.replace('sha256', 'sha255'))
    const before = listing(root)
    await expect(prune({ all: true }, workspace.environment)).rejects.toMatchObject({ code: 'TSB_DIGEST_MISMATCH' })
    expect(listing(root)).toEqual(before)
  })

  it('are images that other tools put into the layout, and what those need', async () => {
    await using workspace = await openCopies()
    await workspace.build({ tags: ['app'] })
    const layout = join(workspace.environment.root, 'oci')
    const index = JSON.parse(readFileSync(join(layout, 'index.json'), 'utf8'))
    const inner = JSON.stringify({ schemaVersion: 2, manifests: index.manifests.slice(0, 1) })
    const digest = sha256(inner)
    writeFileSync(join(layout, 'blobs/sha256', digest.slice(7)), inner)
    const annotations = { 'org.opencontainers.image.ref.name': 'not a reference!' }
    const entry = { mediaType: 'application/vnd.oci.image.index.v1+json', digest, size: inner.length, annotations }
    writeFileSync(join(layout, 'index.json'), JSON.stringify({ schemaVersion: 2, manifests: [entry] }))
    const before = filesIn(join(layout, 'blobs')).length
    await prune({ all: true }, workspace.environment)
    expect([filesIn(join(layout, 'blobs')).length, readFileSync(join(layout, 'index.json'), 'utf8')]).toEqual([
      before,
      JSON.stringify({ schemaVersion: 2, manifests: [entry] }),
    ])
  })
})

describe('when something was used', () => {
  it('is noted by a build in which all is cached, once an hour', async () => {
    await using workspace = await openCopies()
    await workspace.build({ tags: ['app'] })
    const records = filesIn(join(workspace.environment.root, 'cache/records'))
    const [old, recent] = [Date.now() - day, Date.now() - 60_000]
    for (const record of records) utimesSync(record, old / 1000, old / 1000)
    await workspace.build({ tags: ['app'] })
    expect(records.filter((record) => lstatSync(record).mtimeMs < Date.now() - day / 2)).toEqual([])
    for (const record of records) utimesSync(record, recent / 1000, recent / 1000)
    await workspace.build({ tags: ['app'] })
    expect(records.filter((record) => Math.abs(lstatSync(record).mtimeMs - recent) > 1)).toEqual([])
  })

  it('decides with until', async () => {
    await using workspace = await openCopies()
    await workspace.build()
    await age(workspace, 2 * day)
    workspace.write({ 'context/b': 'other' })
    await workspace.build()
    const { removed } = await prune({ unusedFor: day }, workspace.environment)
    expect(removed.map(({ description }) => description)).toEqual(['image without a name', 'copy /b'])
    expect((await workspace.build()).ran).toEqual([])
  })
})

describe.skipIf(!canRun)(`beside builds (${canRun ? 'on busybox' : `needs root; ${noBusyboxBase}`})`, () => {
  it('what they have in hand stays, and what nobody used for long goes', async () => {
    await using workspace = await openCopies()
    await workspace.import(busyboxBase(), 'base')
    workspace.write({ 'context/Dockerfile.old': 'FROM scratch\nCOPY a /old\n' })
    await workspace.build({ file: 'context/Dockerfile.old' })
    await prune({ filters: [{ key: 'type', operator: '=', value: 'image' }] }, workspace.environment)
    await age(workspace, 2 * day)
    workspace.write({
      'context/Dockerfile.slow': `FROM base\nCOPY a /\nRUN --mount=type=cache,target=/c echo kept > /c/f\nRUN --mount=type=cache,target=/c until [ -e /c/go ]; do sleep 0.1; done; cat /c/f /a > /made\n`,
    })
    const building = startTsbuild(
      workspace,
      'build',
      '-t',
      'slow',
      '-f',
      'context/Dockerfile.slow',
      '--progress=plain',
      'context',
    )
    onTestFinished(() => void building.child.kill('SIGTERM'))
    await expect.poll(() => building.stderr(), { timeout: 30_000 }).toMatch(/\[4\/4\] RUN/)
    const { removed, othersHere } = await prune({ all: true }, workspace.environment)
    expect([othersHere, removed.map(({ description }) => description)]).toEqual([true, ['copy /old']])
    const [mount = ''] = readdirSync(join(workspace.environment.root, 'mounts'))
    writeFileSync(join(workspace.environment.root, 'mounts', mount, 'shared/go'), '')
    expect(await building.ended).toMatchObject({ status: 0 })
    expect((await tsbuild(workspace, 'prune', '-a', '-f')).stdout).toContain('Total: ')
    expect((await tsbuild(workspace, 'save', 'slow', '-o', 'slow.tar')).status).toBe(0)
  })

  it('builds never fail while prune removes all again and again, and each image is whole', async () => {
    await using workspace = await openCopies()
    await workspace.import(busyboxBase(), 'base')
    workspace.write({
      'context/Dockerfile':
        'FROM base\nCOPY a /\nRUN cat /a > /made; touch -d @0 /made /\nCOPY --from=base /etc/passwd /copied\n',
    })
    const args = { SOURCE_DATE_EPOCH: '1' }
    const build = async (tag: string) => (await workspace.build({ tags: [tag], args })).result.manifest.digest
    const asProcess = async (tag: string) => {
      const flags = ['-t', tag, '--build-arg', 'SOURCE_DATE_EPOCH=1', `--digest-file=${tag}`]
      const { status, stderr } = await tsbuild(workspace, 'build', ...flags, 'context')
      return status === 0 ? readFileSync(join(workspace.directory, tag), 'utf8') : stderr
    }
    const expected = await build('x')
    let over = false
    const repeat = async (tag: string, times: number, make: (tag: string) => Promise<string>) => {
      for (let round = 0; round < times; round++) {
        expect(await make(tag)).toBe(expected)
        const images = await openImages(workspace.environment)
        await images.remove(tag).finally(images.close)
      }
    }
    const building = Promise.all([repeat('x', 6, build), repeat('y', 2, asProcess)]).finally(() => {
      over = true
    })
    let freed = 0
    while (!over) freed += (await prune({ all: true }, workspace.environment)).total
    await building
    expect(freed).toBeGreaterThan(0)
    expect(readdirSync(join(workspace.environment.root, 'tmp'))).toEqual([])
  })
})

const canMount = getuid?.() === 0 && hasProgram('unshare')

describe.skipIf(!canMount)('links and mounts (skipped without root and unshare)', () => {
  it('F10 prune deletes no more than a link, and keeps what something is mounted in', async () => {
    await using workspace = await openCopies()
    await workspace.build()
    const { root } = workspace.environment
    const outside = ['linked', 'mounted'].map((name) => join(workspace.directory, name))
    for (const folder of outside) {
      mkdirSync(folder)
      writeFileSync(join(folder, 'precious'), 'data')
    }
    for (const name of ['a', 'b']) mkdirSync(join(root, 'trees', name, 'inside/deep'), { recursive: true })
    symlinkSync(join(workspace.directory, 'linked'), join(root, 'trees/a/link'))
    symlinkSync(join(workspace.directory, 'linked'), join(root, 'trees/link'))
    const place = join(root, 'trees/b/inside/deep')
    const start = join(import.meta.dirname, '../support/programs/start-cli.cjs')
    const script = 'mount --bind "$1" "$2" && shift 2 && "$@" && mountpoint -q "$PLACE"'
    const words = [execPath, start, 'prune', '-a', '-f']
    const run = (...argv: readonly string[]) =>
      runProgram(
        'unshare',
        '--mount',
        '--propagation=private',
        'env',
        `PLACE=${place}`,
        `TSBUILD_ROOT=${root}`,
        ...argv,
      )
    run('sh', '-c', script, 'sh', outside[1] ?? '', place, ...words)
    expect(outside.map((folder) => readFileSync(join(folder, 'precious'), 'utf8'))).toEqual(['data', 'data'])
    expect(readdirSync(join(root, 'trees'))).toEqual(['b'])
    await prune({ all: true }, workspace.environment)
    expect(readdirSync(join(root, 'trees'))).toEqual([])
    expect(outside.map((folder) => readFileSync(join(folder, 'precious'), 'utf8'))).toEqual(['data', 'data'])
  })
})

const user = findOrdinaryUser(import.meta.filename)

describe.skipIf(!user || !hasBusyboxBase)(`a user who is not root (${user?.name ?? noOrdinaryUser})`, () => {
  it('gets back what steps left that belongs to other ids', async () => {
    if (!user) return
    await using workspace = await openWorkspace()
    const tar = busyboxBase()
    workspace.write({ 'context/Dockerfile': 'FROM base\nRUN mkdir -m 700 /private; chown -R 33:33 /private\n' })
    runProgram('cp', tar, join(workspace.directory, 'base.tar'))
    runProgram('chown', '-R', `${user.uid}:${user.gid}`, workspace.directory)
    const place = { ...workspace, user }
    expect(await tsbuild(place, 'import', 'base.tar', 'base')).toMatchObject({ status: 0 })
    const flags = ['--runtime=native', '--snapshotter=overlay', '-q']
    expect(await tsbuild(place, 'build', ...flags, 'context')).toMatchObject({ status: 0 })
    const pruned = await tsbuild(place, 'prune', '-a', '-f')
    expect(pruned).toMatchObject({ status: 0, stdout: expect.stringContaining('Total: ') })
    expect(readdirSync(join(workspace.environment.root, 'trees'))).toEqual([])
  })
})

/** A store without images, and a context of which a Dockerfile copies two files. */
async function openCopies(): Promise<Workspace> {
  const workspace = await openWorkspace()
  workspace.write({ 'context/Dockerfile': 'FROM scratch\nCOPY a /a\nCOPY b /b\n', 'context/a': 'a', 'context/b': 'b' })
  return workspace
}

async function exported(workspace: Workspace, name: string): Promise<Uint8Array> {
  const options: Partial<BuildOptions> = { tags: [name] }
  if (!existsSync(join(workspace.environment.root, 'oci/index.json'))) await workspace.build(options)
  const images = await openImages(workspace.environment)
  const dest = join(workspace.directory, 'exported.tar')
  await images.save([name], { format: 'oci', dest }, new AbortController().signal).finally(images.close)
  return readFileSync(dest)
}

/** Sets back the times of all files that say when something was used. */
async function age({ environment: { root } }: Workspace, milliseconds: number): Promise<void> {
  const then = (Date.now() - milliseconds) / 1000
  for (const folder of ['cache', 'oci/blobs', 'mounts']) {
    for (const file of filesIn(join(root, folder))) utimesSync(file, then, then)
  }
}

function filesIn(folder: string): readonly string[] {
  if (!existsSync(folder)) return []
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
}

/** All names below a directory, with what changes when they are written to. */
function listing(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => !/^(?:tmp|locks)/.test(name))
    .map((name) => `${name} ${lstatSync(join(folder, name)).mtimeMs}`)
    .sort()
}
