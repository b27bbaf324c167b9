import { execFile } from 'node:child_process'
import { mkdirSync, readFileSync, readlinkSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import { promisify } from 'node:util'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { blame, diff, type Environment, extract, history, openImage } from '../../src/index.ts'
import { collect } from '../support/collect.ts'
import { serve } from '../support/fake-image.ts'
import { startServer, type TestServer } from '../support/http-server.ts'
import { layeredImage } from '../support/layered-image.ts'
import { hasProgram, runProgram } from '../support/programs.ts'
import { code } from '../support/pulling.ts'
import { tar } from '../support/tar.ts'
import { openWorkspace, type Workspace } from '../support/workspace.ts'

const base = ['d etc/', 'f etc/passwd=root', 'd bin/', 'f bin/busybox=BB', 'h bin/sh->bin/busybox']
const first = layeredImage('1', {
  'ADD base': base,
  'RUN adduser': ['f etc/passwd=root,me', 'd tmp/', 'f tmp/junk=junk'],
  'COPY app': ['d srv/', 'f srv/app=one', 'f tmp/.wh.junk='],
})
const second = layeredImage(
  '2',
  {
    'ADD base': base,
    'RUN adduser': ['f etc/passwd=root,me', 'd tmp/', 'f tmp/junk=junk'],
    'COPY app': ['d srv/', 'f srv/app=two', 's srv/link->../etc/passwd'],
  },
  { config: { Env: ['A=1'] } },
)

describe('an image of a registry', () => {
  let workspace: Workspace
  let server: TestServer
  beforeEach(async () => {
    workspace = await openWorkspace()
    mkdirSync(workspace.environment.root)
    server = await startServer(serve(new Map([...first.contents, ...second.contents])))
  })
  afterEach(() => Promise.all([workspace, server].map((each) => each[Symbol.asyncDispose]())))

  const name = (tag: string) => `${server.host}/app:${tag}`
  const options = { platform: 'linux/amd64' }
  /** The layers that were fetched, by number. */
  const fetched = () =>
    [...first.layerPaths, ...second.layerPaths.slice(2)].flatMap((path, index) =>
      server.requests.some((request) => request.path === path) ? [index] : [],
    )

  it('has a layer fetched when it is opened, and not before', async () => {
    await using image = await openImage(name('1'), options, workspace.environment)
    expect(image.layers.map(({ createdBy }) => createdBy)).toEqual(['ADD base', 'RUN adduser', 'COPY app'])
    expect(image.history[0]?.createdBy).toBe('COPY app')
    expect(fetched()).toEqual([])
    const top = await image.fileTree({ layer: 2, show: 'layer' })
    expect(top.children?.map(({ name, mark }) => `${mark} ${name}`)).toEqual(['written srv', 'written tmp'])
    expect(fetched()).toEqual([2])
    expect([await image.isHere(1), await image.isHere(2)]).toEqual([false, true])
    const all = await image.fileTree({ layer: 2, show: 'image' })
    expect(all.children?.map(({ name, mark }) => `${mark} ${name}`)).toEqual([
      'undefined bin',
      'undefined etc',
      'added srv',
      'changed tmp',
    ])
    expect(fetched()).toEqual([0, 1, 2])
  })

  it('is named as dive and skopeo do, and those of an engine cannot be read', async () => {
    await using image = await openImage(`docker://${name('1')}`, options, workspace.environment)
    expect(image.layers).toHaveLength(3)
    await expect(openImage('podman://app', options, workspace.environment)).rejects.toMatchObject({
      code: 'TSB_REFERENCE_FORMAT',
      hint: 'podman save app | tsbuild load',
    })
    workspace.write({ 'context/Dockerfile': 'FROM scratch\nENV A=1\n' })
    await workspace.build({ tags: ['podman:v5', 'docker-daemon:1'] })
    for (const own of ['podman:v5', 'docker-daemon:1']) {
      await using image = await openImage(own, options, workspace.environment)
      expect(image.history[0]?.createdBy).toBe('ENV A=1')
    }
  })

  it('gives files, their bytes, and who wrote them', async () => {
    await using image = await openImage(name('1'), options, workspace.environment)
    const paths = []
    for await (const { path } of image.files('/etc/../bin')) paths.push(path)
    expect(paths).toEqual(['/bin/busybox', '/bin/sh'])
    const bytes = async (path: string, layer?: number) => collect(image.read(path, layer))
    expect(String(await bytes('/etc/passwd'))).toBe('root,me')
    expect(String(await bytes('/etc/passwd', 0))).toBe('root')
    expect(String(await bytes('/bin/sh'))).toBe('BB')
    await expect(bytes('/etc')).rejects.toThrow(code('TSB_IMAGE_PATH_KIND'))
    expect((await image.find('/etc/passwd')).layer.createdBy).toBe('RUN adduser')
    expect((await image.find('/etc/passwd', 0)).layer.createdBy).toBe('ADD base')
    expect((await image.waste()).files.map(({ path, hidden }) => `${path} ${hidden}`)).toEqual([
      '/etc/passwd 4',
      '/tmp/junk 4',
    ])
    const removed = await blame(name('1'), '/tmp/junk', options, workspace.environment)
    expect(removed.events.map(({ what, by }) => `${what} ${by.createdBy}`)).toEqual([
      'removed COPY app',
      'added RUN adduser',
    ])
    await expect(image.blame('/nowhere')).rejects.toThrow(code('TSB_IMAGE_PATH'))
    // Of a link what it leads to, with the mode of that.
    await using linked = await openImage(name('2'), options, workspace.environment)
    expect(await linked.find('/srv/link', 2)).toMatchObject({ path: '/etc/passwd', kind: 'file', mode: 0o644 })
  })

  it('is compared without its equal layers', async () => {
    const found = await diff(name('1'), name('2'), options, workspace.environment)
    expect(fetched()).toEqual([2, 3])
    expect(found).toMatchObject({ same: false, unread: 2, config: [{ key: 'Env.A', after: '1' }] })
    expect(found.files.map(({ kind, path }) => `${kind} ${path}`)).toEqual([
      'changed /srv/app',
      'written /srv/link',
      'added /tmp/junk',
    ])
    const known = await diff(name('1'), name('2'), { ...options, equalLayers: true }, workspace.environment)
    expect(fetched()).toEqual([0, 1, 2, 3])
    expect(known).toMatchObject({ unread: 0, files: [{ kind: 'changed' }, { kind: 'added' }, { kind: 'added' }] })
    expect(known.files.at(-1)).toMatchObject({ after: { size: 4 } })
  })

  it('compared with itself is the same, and no layer is fetched', async () => {
    expect(await diff(name('1'), name('1'), options, workspace.environment)).toMatchObject({ same: true, unread: 0 })
    expect(fetched()).toEqual([])
  })

  it('gives a file for the one layer that has it', async () => {
    const { environment, directory } = workspace
    const { dest } = await extract(name('2'), 'srv/app', options, environment)
    expect([dest, readFileSync(join(directory, 'app'), 'utf8')]).toEqual([join(directory, 'app'), 'two'])
    expect(fetched()).toEqual([3])
    await extract(name('2'), '/srv/link', { ...options, dest: 'conf/' }, environment)
    expect(readFileSync(join(directory, 'conf/link'), 'utf8')).toBe('root,me')
    expect(fetched()).toEqual([1, 3])
  })

  it('gives a directory, on disk or as a tar, with links that stay what they are', async () => {
    const { environment, directory } = workspace
    await extract(name('2'), '/srv', { ...options, dest: 'out' }, environment)
    expect(readlinkSync(join(directory, 'out/link'))).toBe('../etc/passwd')
    const pieces: Buffer[] = []
    const stdout = new Writable({
      write(chunk, _, done) {
        pieces.push(chunk)
        done()
      },
    })
    const streamed: Environment = { ...environment, stdout }
    expect(await extract(name('2'), '/bin', { ...options, dest: '-' }, streamed)).toEqual({
      kind: 'directory',
      skipped: [],
    })
    writeFileSync(join(directory, 'bin.tar'), Buffer.concat(pieces))
    expect(runProgram('tar', 'tf', join(directory, 'bin.tar')).trim().split('\n')).toEqual([
      'bin/',
      'bin/busybox',
      'bin/sh',
    ])
    await expect(extract(name('2'), '/', options, environment)).rejects.toThrow(code('TSB_EXPORT_DEST'))
  })

  it.skipIf(!hasProgram('skopeo'))(
    'is the same one as a layout, an archive of OCI or docker, by scheme or path (skipped without skopeo)',
    async () => {
      const { directory, environment } = workspace
      const copy = promisify(execFile)
      await copy('skopeo', [
        'copy',
        '-q',
        '--src-tls-verify=false',
        `docker://${name('1')}`,
        `oci:${directory}/layout:1`,
      ])
      await copy('skopeo', ['copy', '-q', `oci:${directory}/layout:1`, `oci-archive:${directory}/oci.tar:1`])
      await copy('skopeo', ['copy', '-q', `oci:${directory}/layout:1`, `docker-archive:${directory}/docker.tar:app:1`])
      for (const place of [
        './layout',
        `${directory}/oci.tar`,
        './docker.tar',
        'docker-archive:docker.tar',
        'oci-layout:layout:1',
      ]) {
        const found = await diff(name('1'), place, options, environment)
        expect([place, found.same || found.config.map(({ key }) => key)]).toEqual([place, true])
      }
      expect((await history('./oci.tar', options, environment)).rows).toHaveLength(3)
      await expect(openImage('./nothing.tar', options, environment)).rejects.toThrow(code('TSB_ARCHIVE_NOT_FOUND'))
    },
  )

  it('leaves no store behind where there is none', async () => {
    const environment = { ...workspace.environment, root: join(workspace.directory, 'none') }
    {
      await using image = await openImage(name('1'), options, environment)
      expect((await image.find('/srv/app')).size).toBe(3)
    }
    expect(() => statSync(environment.root)).toThrow(/ENOENT/)
  })
})

describe('a hostile image', () => {
  it('writes nothing outside the directory that a part of it is extracted to', async () => {
    await using workspace = await openWorkspace()
    const { directory, environment } = workspace
    mkdirSync(join(directory, 'victim'))
    writeFileSync(join(directory, 'victim/canary'), 'sings')
    writeFileSync(
      join(directory, 'bad.tar'),
      tar(
        'd d/',
        's d/gone->/nowhere',
        `s d/out->${directory}/victim`,
        's d/up->../../victim',
        { name: 'd/sub/', type: '5', mode: 0o7777 },
        { name: 'd/sub/su', body: 'x', mode: 0o4755 },
        'p d/fifo',
      ),
    )
    await workspace.import(join(directory, 'bad.tar'), 'bad')
    const { skipped } = await extract('bad', '/d', { dest: 'out' }, environment)
    expect(skipped).toEqual(['/fifo'])
    // A link of an earlier extraction is in the way of the directory of a later one.
    writeFileSync(join(directory, 'worse.tar'), tar('d d/', 'd d/out/', 'f d/out/canary=dead'))
    await workspace.import(join(directory, 'worse.tar'), 'worse')
    await expect(extract('worse', '/d', { dest: 'out' }, environment)).rejects.toThrow(code('TSB_EXPORT_LINK'))
    const gone = '/d/gone points to /nowhere, which is not in the image bad'
    await expect(extract('bad', '/d/gone', {}, environment)).rejects.toThrow(gone)
    await expect(extract('bad', '/d/gone/x', {}, environment)).rejects.toThrow(gone)
    await expect(extract('bad', '/d/out/canary', {}, environment)).rejects.toThrow(code('TSB_IMAGE_PATH'))
    await expect(extract('bad', '/../../../etc/passwd', {}, environment)).rejects.toThrow(code('TSB_IMAGE_PATH'))
    symlinkSync(join(directory, 'victim/canary'), join(directory, 'su'))
    await expect(extract('bad', '/d/sub/su', {}, environment)).rejects.toThrow(code('TSB_EXPORT_DEST'))
    await extract('bad', '/d/sub/su', { dest: 'su' }, environment)
    expect(readFileSync(join(directory, 'su'), 'utf8')).toBe('x')
    expect(readFileSync(join(directory, 'victim/canary'), 'utf8')).toBe('sings')
    for (const path of ['out/sub', 'out/sub/su', 'su']) expect(statSync(join(directory, path)).mode & 0o6000).toBe(0)
  })
})
