import { createHash } from 'node:crypto'
import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { TsbuildError } from '../../src/errors.ts'
import { type BuildEvent, build as buildImage } from '../../src/index.ts'
import { tsbuild } from '../support/command-line.ts'
import { fileHandler } from '../support/http-files.ts'
import { startServer, type TestServer } from '../support/http-server.ts'
import { fileInLayout, layerLines } from '../support/layer-files.ts'
import { tar } from '../support/tar.ts'
import { openWorkspace, type Workspace } from '../support/workspace.ts'

const lastModified = 'Tue, 02 Jan 2024 03:04:05 GMT'
const time = '2024-01-02 03:04:05'

let workspace: Workspace
let server: TestServer
/** What the server has, by path. */
let files: Map<string, { text: string | Uint8Array; headers?: Record<string, string> }>
/** What it sent as a whole. */
let sent: string[]

beforeEach(async () => {
  workspace = await openWorkspace()
  files = new Map([['/f.txt', { text: 'hi', headers: { 'last-modified': lastModified, etag: '"1"' } }]])
  sent = []
  server = await startServer((request, response) => {
    const file = files.get(new URL(request.url ?? '', 'http://x').pathname)
    response.on('finish', () => response.statusCode === 200 && sent.push(request.url ?? ''))
    if (file) fileHandler(() => file)(request, response)
    else response.writeHead(404).end()
  })
})
afterEach(() => Promise.all([workspace[Symbol.asyncDispose](), server[Symbol.asyncDispose]()]))

/** Builds `FROM scratch` and these lines, in which `URL` is the server. */
async function build(lines: string, options: Parameters<Workspace['build']>[0] = {}) {
  const dest = path.join(workspace.directory, 'out')
  rmSync(dest, { recursive: true, force: true })
  workspace.write({ 'context/Dockerfile': `FROM scratch\n${lines.replaceAll('URL', `http://${server.host}`)}\n` })
  return workspace.build({ outputs: [{ type: 'oci', dest, tar: false }], tags: ['app'], ...options })
}
const lines = () => layerLines(path.join(workspace.directory, 'out'))
const content = (name: string) => fileInLayout(path.join(workspace.directory, 'out'), name)

describe('ADD of a URL', () => {
  it('is a file 0600 of root, with the time of Last-Modified and the name of the URL', async () => {
    await build('ADD URL/f.txt /d/')
    expect(lines()).toEqual(['drwxr-xr-x 0/0 d/', `-rw------- 0/0 ${time} d/f.txt`])
    expect(content('d/f.txt')).toBe('hi')
  })

  it('has the name of the destination when that does not end in a slash', async () => {
    await build('WORKDIR /w\nADD URL/f.txt g')
    expect(lines().at(-1)).toBe(`-rw------- 0/0 ${time} w/g`)
  })

  it('is from 1970 when the server tells no time', async () => {
    files.set('/f.txt', { text: 'hi' })
    await build('ADD URL/f.txt /')
    expect(lines()).toEqual(['-rw------- 0/0 1970-01-01 00:00:00 f.txt'])
  })

  it('C17 takes its name from the last piece of the URL, and none that the server or an escape says', async () => {
    const headers = { 'content-disposition': 'attachment; filename="../../evil"' }
    files.set('/f.txt', { text: 'hi', headers })
    files.set('/..%2f..%2fx', { text: 'hi' })
    files.set('/a/..%2fb', { text: 'hi' })
    await build('ADD URL/f.txt /d/')
    expect(lines().map((line) => line.split(' ').at(-1))).toEqual(['d/', 'd/f.txt'])
    const outcomes = []
    for (const path of ['/..%2f..%2fx', '/a/..%2fb', '/%2e%2e', '/a%00b', '/a%0ab']) {
      const done = await build(`ADD URL${path} /d/`).catch((error: TsbuildError) => error.code)
      outcomes.push(typeof done === 'string' ? done : lines().at(-1)?.split(' ').at(-1))
    }
    expect(outcomes).toEqual(['d/x', 'd/b', 'TSB_URL', 'TSB_URL', 'TSB_URL'])
  })

  it('takes the mode of --chmod and the owner of --chown', async () => {
    await build('ADD --chmod=755 --chown=7:8 URL/f.txt /')
    expect(lines()).toEqual([`-rwxr-xr-x 7/8 ${time} f.txt`])
    await build('ADD --chmod=go=u,a+X --link URL/f.txt /')
    expect(lines()).toEqual([`-rw-rw-rw- 0/0 ${time} f.txt`])
  })

  it('is called __unnamed__ when its URL has no path, and as it is when that looks like a wildcard', async () => {
    files.set('/', { text: 'root' })
    files.set('/a[1]*.txt', { text: 'odd' })
    await build('ADD URL /d/\nADD URL/?q /e/\nADD ["URL/a[1]*.txt", "/f/"]')
    expect(
      lines()
        .filter((line) => line.startsWith('-'))
        .map((line) => line.split(' ').at(-1)),
    ).toEqual(['d/__unnamed__', 'e/__unnamed__', 'f/a[1]*.txt'])
  })

  it('is not unpacked but with --unpack=true', async () => {
    files.set('/a.tgz', { text: gzipSync(tar({ name: 'x', mode: 0o640, uid: 3, gid: 4, body: 'x' })) })
    await build('ADD URL/a.tgz /d/')
    expect(lines().at(-1)).toBe('-rw------- 0/0 1970-01-01 00:00:00 d/a.tgz')
    await build('ADD --unpack=true URL/a.tgz /d/')
    expect(lines().at(-1)).toMatch(/^-rw-r----- 3\/4 .* d\/x$/)
  })

  it('stands beside local files, archives and heredocs, each by its own rule', async () => {
    files.set('/a.tgz', { text: gzipSync(tar({ name: 'inside', body: 'x' })) })
    workspace.write({ 'context/l.txt': 'local' })
    writeFileSync(path.join(workspace.directory, 'context/b.tar'), tar({ name: 'unpacked', body: 'x' }))
    await build('ADD l.txt URL/a.tgz b.tar <<here URL/f.txt /d/\ntext\nhere')
    expect(lines().map((line) => line.split(' ').at(-1))).toEqual([
      'd/',
      'd/a.tgz',
      'd/f.txt',
      'd/here',
      'd/l.txt',
      'd/unpacked',
    ])
  })

  it('in the row of history is as written, with its variables filled in', async () => {
    await build('ARG V=f\nADD --chmod=600 --checksum= URL/$V.txt /d/')
    const { stdout } = await tsbuild(workspace, 'history', '--no-trunc', '--format', '{{.CreatedBy}}', 'app')
    expect(stdout.split('\n')[0]).toBe(`ADD --chmod=600 http://${server.host}/f.txt /d/ # buildkit`)
  })

  it('that fails names the line', async () => {
    const error = await build('ENV A=1\nADD URL/f.txt URL/none /d/').catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ code: 'TSB_HTTP_NOT_FOUND', at: { start: { line: 2 } } })
  })
})

describe('a source that fails', () => {
  it('is shown, and what is fetched beside it is stopped', async () => {
    const events: BuildEvent[] = []
    await using slow = await startServer((_, response) => void response.write('half'))
    const failing = build(`ADD URL/none http://${slow.host}/slow /d/`, { onEvent: (event) => void events.push(event) })
    await expect(failing).rejects.toMatchObject({ code: 'TSB_HTTP_NOT_FOUND' })
    const ended = events.filter(({ type }) => type === 'step:error' || type === 'step:canceled')
    expect(ended.map(({ type }) => type)).toEqual(['step:error', 'step:canceled'])
    expect(ended[0]).toMatchObject({ message: expect.stringContaining('invalid response status 404') })
  })
})

describe('a second build', () => {
  it('is cached when the server has no other file', async () => {
    const first = await build('ADD URL/f.txt /')
    const second = await build('ADD URL/f.txt /')
    expect(second.result).toEqual({ ...first.result, steps: { total: 1, cached: 1 }, build: expect.anything() })
    expect(sent).toEqual(['/f.txt'])
    expect(server.requests).toHaveLength(2)
  })

  it('is cached when only ETag and time are others', async () => {
    const first = await build('ADD URL/f.txt /')
    files.set('/f.txt', { text: 'hi', headers: { etag: '"2"', 'last-modified': 'Wed, 03 Jan 2024 03:04:05 GMT' } })
    const second = await build('ADD URL/f.txt /')
    expect([second.ran, second.result.id]).toEqual([[], first.result.id])
    expect(lines()).toEqual([`-rw------- 0/0 ${time} f.txt`])
  })

  it('runs the step again when the bytes are others', async () => {
    await build('ADD URL/f.txt /')
    files.set('/f.txt', { text: 'ho', headers: { etag: '"2"' } })
    expect((await build('ADD URL/f.txt /')).ran).toHaveLength(1)
    expect(content('f.txt')).toBe('ho')
  })

  it('with --no-cache runs the step, and asks the server on the same condition', async () => {
    await build('ADD URL/f.txt /')
    expect((await build('ADD URL/f.txt /', { noCache: true })).ran).toHaveLength(1)
    expect(sent).toEqual(['/f.txt'])
  })

  it('with --checksum asks nobody', async () => {
    const checksum = `sha256:${createHash('sha256').update('hi').digest('hex')}`
    await build(`ADD --checksum=${checksum} URL/f.txt /`)
    files.delete('/f.txt')
    expect((await build(`ADD --checksum=${checksum} URL/f.txt /`)).ran).toEqual([])
    expect((await build(`ADD --checksum=${checksum} URL/f.txt /other`)).ran).toHaveLength(1)
    expect(server.requests).toHaveLength(1)
  })

  it('C18 with a --checksum of other bytes fails, and leaves no layer', async () => {
    const wrong = createHash('sha256').update('ho').digest('hex')
    await expect(build(`ADD --checksum=sha256:${wrong} URL/f.txt /`)).rejects.toMatchObject({
      code: 'TSB_ADD_CHECKSUM',
    })
    expect(filesBelow(workspace.environment.root).filter((file) => /records|layers\/|files\//.test(file))).toEqual([])
  })

  it('at the same time fetches once', async () => {
    files.set('/f.txt', { text: 'hi' })
    await Promise.all([build('ADD URL/f.txt /'), workspace.build(), workspace.build()])
    expect(sent).toEqual(['/f.txt'])
  })
})

describe('C14 user and password of a URL', () => {
  const found = () =>
    filesBelow(workspace.directory)
      .filter((file) => !file.endsWith('context/Dockerfile'))
      .filter((file) => file.includes('CANARY') || readFileSync(file).includes('CANARY'))

  it('are in no output and no folder, when the build ends well and when it fails', async () => {
    const url = `http://me:CANARY@${server.host}`
    for (const progress of ['plain', 'rawjson', 'quiet']) {
      for (const file of ['f.txt', 'none']) {
        const dockerfile = `FROM scratch\nADD --chmod=600 ${url}/${file} \\\n  /d/\n`
        workspace.write({ 'context/Dockerfile': dockerfile })
        const words = ['--progress', progress, '-o', 'type=oci,dest=out.tar', '-t', 'app', 'context']
        const { status, stdout, stderr } = await tsbuild(workspace, 'build', ...words)
        expect([file, status]).toEqual([file, file === 'none' ? 1 : 0])
        expect(stdout + stderr).not.toContain('CANARY')
      }
    }
    const { stdout } = await tsbuild(workspace, 'history', '--no-trunc', 'app')
    expect(stdout).toContain(`ADD --chmod=600 http://${server.host}/f.txt /d/`)
    expect(stdout).not.toContain('CANARY')
    expect(found()).toEqual([])
    expect(server.requests[0]?.authorization).toBe(`Basic ${Buffer.from('me:CANARY').toString('base64')}`)
  })

  it('and secrets that a server asks for are nowhere either', async () => {
    const host = server.host.replace(/:.*/, '')
    const environment = { ...workspace.environment, env: { ...workspace.environment.env, TOKEN: 'CANARY' } }
    workspace.write({ 'context/Dockerfile': `FROM scratch\nADD http://${server.host}/f.txt /\n` })
    const secrets = { [`HTTP_AUTH_TOKEN_${host}`]: { env: 'TOKEN' } }
    await buildImage({ context: 'context', secrets, tags: ['app'] }, environment)
    expect(server.requests.at(-1)?.authorization).toBe('Bearer CANARY')
    expect(found()).toEqual([])
  })
})

function filesBelow(directory: string): readonly string[] {
  return readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .map((name) => path.join(directory, name))
    .filter((file) => statSync(file, { throwIfNoEntry: false })?.isFile())
}
