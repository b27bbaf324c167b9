import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { describe, expect, it, onTestFinished } from 'vitest'
import { startServer, type TestServer } from '../../support/http-server.ts'
import { buildFrom } from '../../support/inputs.ts'
import { tar } from '../../support/tar.ts'
import { openWorkspace, type Workspace } from '../../support/workspace.ts'

/** A file of a server: its bytes, and its `Last-Modified` in seconds since 1970. */
type Served = string | Uint8Array | { readonly bytes: string | Uint8Array; readonly modified: number }

async function serve(files: Readonly<Record<string, Served>>): Promise<TestServer & { readonly origin: string }> {
  const server = await startServer(({ url = '' }, response) => {
    const file = files[url]
    if (file === undefined) return void response.writeHead(404).end()
    const { bytes, modified } = typeof file === 'object' && 'bytes' in file ? file : { bytes: file }
    if (modified !== undefined) response.setHeader('Last-Modified', new Date(modified * 1000).toUTCString())
    response.end(bytes)
  })
  onTestFinished(() => server[Symbol.asyncDispose]())
  return { ...server, origin: `http://${server.host}` }
}

async function workspaceOf(files: Readonly<Record<string, string>> = {}): Promise<Workspace> {
  const workspace = await openWorkspace()
  onTestFinished(() => workspace[Symbol.asyncDispose]())
  workspace.write(files)
  return workspace
}

const copyAll = 'FROM scratch\nCOPY . /\n'

describe('a URL as the context', () => {
  it('of an archive has the Dockerfile in it, and files with the owners and modes of the archive', async () => {
    const archive = tar(
      { name: 'Dockerfile', body: copyAll },
      { name: '.dockerignore', body: 'hidden' },
      { name: 'hidden', body: 'not hidden' },
      { name: 'bin/run', body: 'x', mode: 0o4755, uid: 12, gid: 34 },
    )
    const { origin } = await serve({ '/src.tgz': gzipSync(archive) })
    const { files, events } = await buildFrom(await workspaceOf(), { context: `${origin}/src.tgz` })
    expect(files).toEqual([
      'file 0644 0:0 /.dockerignore hidden',
      `file 0644 0:0 /Dockerfile ${copyAll}`,
      'directory 0755 0:0 /bin',
      'file 4755 12:34 /bin/run x',
      'file 0644 0:0 /hidden not hidden',
    ])
    const labels = events.flatMap((event) => (event.type === 'step:start' ? [event.label] : []))
    expect(labels).toContain(`[internal] load remote build context ${origin}/src.tgz`)
  })

  it('of a text is that Dockerfile, and the context is that one file', async () => {
    const { origin } = await serve({ '/d.txt': { bytes: 'FROM scratch\nCOPY . /all\n', modified: 1_600_000_000 } })
    const { files } = await buildFrom(await workspaceOf(), { context: `${origin}/d.txt`, file: 'other' })
    expect(files).toEqual(['directory 0755 0:0 /all', expect.stringMatching(/^file 0600 0:0 \/all\/context /)])
  })

  it('takes a relative -f from the archive, and an absolute one from this machine', async () => {
    const archive = tar('f sub/Own=FROM scratch\nCOPY a /inside\n', 'f a=1')
    const { origin } = await serve({ '/c.tar': archive })
    const workspace = await workspaceOf({ 'sub/Own': 'FROM scratch\nCOPY a /outside\n' })
    const context = `${origin}/c.tar`
    expect((await buildFrom(workspace, { context, file: 'sub/Own' })).files).toEqual(['file 0644 0:0 /inside 1'])
    const file = join(workspace.directory, 'sub/Own')
    expect((await buildFrom(workspace, { context, file })).files).toEqual(['file 0644 0:0 /outside 1'])
    const given = await buildFrom(workspace, { context, file: '-' }, 'FROM scratch\nCOPY a /stdin\n')
    expect(given.files).toEqual(['file 0644 0:0 /stdin 1'])
    await expect(buildFrom(workspace, { context, file: 'Dockerfile' })).rejects.toMatchObject({
      code: 'TSB_DOCKERFILE_NOT_FOUND',
      hint: expect.stringContaining('one of this machine is absolute'),
    })
  })

  it('is fetched with the login of the URL, which is shown nowhere', async () => {
    const server = await serve({ '/c.tar': tar(`f Dockerfile=${copyAll}`) })
    const context = `http://me:CANARY@${server.host}/c.tar`
    const { events } = await buildFrom(await workspaceOf(), { context })
    expect(server.requests[0]?.authorization).toBe(`Basic ${Buffer.from('me:CANARY').toString('base64')}`)
    expect(JSON.stringify(events, (_, value) => (typeof value === 'bigint' ? `${value}` : value))).not.toContain(
      'CANARY',
    )
  })

  it('that is not there is told, and is no archive either', async () => {
    const { origin } = await serve({ '/noise': Buffer.from([1, 0, 2]) })
    const workspace = await workspaceOf()
    await expect(buildFrom(workspace, { context: `${origin}/nope` })).rejects.toMatchObject({
      message: expect.stringContaining(`${origin}/nope`),
    })
    await expect(buildFrom(workspace, { context: `${origin}/noise` })).rejects.toMatchObject({
      code: 'TSB_CONTEXT_FORMAT',
      message: `${origin}/noise is neither an archive nor a Dockerfile`,
    })
    await expect(buildFrom(workspace, { context: 's3://bucket/x' })).rejects.toMatchObject({
      code: 'TSB_UNSUPPORTED_CONTEXT',
    })
  })

  it('is not asked for when a directory has that very name', async () => {
    const workspace = await workspaceOf({
      'github.com/me/app/Dockerfile': 'FROM scratch\nCOPY a /\n',
      'github.com/me/app/a': '1',
    })
    expect((await buildFrom(workspace, { context: 'github.com/me/app' })).files).toEqual(['file 0644 0:0 /a 1'])
  })
})

describe('a URL as the Dockerfile', () => {
  it('is read with the directory and its ignore file', async () => {
    const { origin } = await serve({ '/Own': copyAll })
    const workspace = await workspaceOf({ 'c/a': '1', 'c/b': '2', 'c/.dockerignore': 'b\n.*' })
    const { files } = await buildFrom(workspace, { context: 'c', file: `${origin}/Own` })
    expect(files).toEqual(['file 0644 0:0 /a 1'])
  })

  it('goes with an archive on standard input', async () => {
    const { origin } = await serve({ '/Own': 'FROM scratch\nCOPY a /b\n' })
    const { files } = await buildFrom(await workspaceOf(), { context: '-', file: `${origin}/Own` }, tar('f a=1'))
    expect(files).toEqual(['file 0644 0:0 /b 1'])
  })
})

describe('SOURCE_DATE_EPOCH of what is fetched', () => {
  const created = async (options: Parameters<typeof buildFrom>[1], stdin?: Uint8Array) => {
    const workspace = await workspaceOf({ 'c/Dockerfile': 'FROM scratch\nLABEL a=b\n' })
    const made = await buildFrom(workspace, options, stdin)
    return made.created === undefined ? undefined : Date.parse(made.created) / 1000
  }
  const archive = tar(
    { name: 'Dockerfile', body: 'FROM scratch\nLABEL a=b\n', mtime: 1_600_000_000 },
    { name: 'a', mtime: 1_650_000_000 },
    { name: 'd/', type: '5', mtime: 1_690_000_000 },
  )
  const args = { SOURCE_DATE_EPOCH: 'context' }

  it('is Last-Modified of a URL', async () => {
    const { origin } = await serve({ '/c.tar': { bytes: archive, modified: 1_500_000_000 } })
    expect(await created({ context: `${origin}/c.tar`, args })).toBe(1_500_000_000)
  })

  it('is that of the newest file of an archive where the server does not say', async () => {
    const { origin } = await serve({ '/c.tar': gzipSync(archive) })
    expect(await created({ context: `${origin}/c.tar`, args })).toBe(1_650_000_000)
    expect(await created({ context: '-', args }, archive)).toBe(1_650_000_000)
  })

  it('is that of a named context or stage, which is not built for it', async () => {
    const { origin } = await serve({ '/c.tar': archive, '/plain': 'text' })
    const named = { context: 'c', contexts: { src: `${origin}/c.tar` }, args: { SOURCE_DATE_EPOCH: 'src' } }
    expect(await created(named)).toBe(1_650_000_000)
    const dockerfile = `ARG SOURCE_DATE_EPOCH=src\nFROM scratch AS src\nADD ${origin}/c.tar /\nFROM scratch\nLABEL a=b\n`
    expect(await created({ context: 'c', dockerfile })).toBe(1_650_000_000)
  })

  it('of a directory is none', async () => {
    const before = Math.floor(Date.now() / 1000)
    expect(await created({ context: 'c', args })).toBeUndefined()
    const dockerfile = 'FROM scratch\nCOPY Dockerfile /\n'
    expect(await created({ context: 'c', args, dockerfile })).toBeGreaterThanOrEqual(before)
  })
})
