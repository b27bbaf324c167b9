import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { BuildOptions } from '../../src/index.ts'
import { loginHost, registryHosts } from '../../src/library/registry-allow.ts'
import { tsbuild } from '../support/command-line.ts'
import { contentsOf, fakeImage, serve } from '../support/fake-image.ts'
import { startServer, type TestServer } from '../support/http-server.ts'
import { code } from '../support/pulling.ts'
import { openWorkspace, type Workspace } from '../support/workspace.ts'

const contents = contentsOf('app', 'latest', fakeImage())

describe('--registry-allow', () => {
  let workspace: Workspace
  let listed: TestServer
  let other: TestServer
  beforeEach(async () => {
    workspace = await openWorkspace()
    listed = await startServer(serve(contents))
    other = await startServer(serve(contents))
  })
  afterEach(() => Promise.all([workspace, listed, other].map((each) => each[Symbol.asyncDispose]())))

  function build(dockerfile: string, options: Partial<BuildOptions> = {}) {
    workspace.write({ 'context/Dockerfile': dockerfile })
    return workspace.build({ registryAllow: [listed.host], ...options })
  }

  it.each<[string, (host: string) => string]>([
    ['FROM', (host) => `FROM ${host}/app\n`],
    ['COPY --from', (host) => `FROM scratch\nCOPY --from=${host}/app /x /\n`],
    ['a bind mount', (host) => `FROM LISTED/app\nRUN --mount=from=${host}/app,target=/m true\n`],
  ])('E30 %s asks no registry that is not listed', async (_, dockerfile) => {
    const refused = build(dockerfile(other.host).replace('LISTED', listed.host))
    await expect(refused).rejects.toThrow(code('TSB_REGISTRY_NOT_ALLOWED'))
    expect(other.requests).toEqual([])
  })

  it('E30 nor does a named context, or a list of nothing', async () => {
    const contexts = { base: `docker-image://${other.host}/app` }
    await expect(build('FROM base\n', { contexts })).rejects.toThrow(code('TSB_REGISTRY_NOT_ALLOWED'))
    const none = build(`FROM ${other.host}/app\n`, { registryAllow: [] })
    await expect(none).rejects.toThrow(code('TSB_REGISTRY_NOT_ALLOWED'))
    expect(other.requests).toEqual([])
  })

  it('E30 a mirror that is not listed is passed over, and one that is stands in for a registry that is not', async () => {
    await build(`FROM ${listed.host}/app\n`, { registryMirrors: { [listed.host]: other.host } })
    expect(other.requests).toEqual([])
    expect(listed.requests).not.toEqual([])
    const { result } = await build(`FROM ${other.host}/app\n`, { registryMirrors: { [other.host]: listed.host } })
    expect(result.id).toMatch(/^sha256:/)
    expect(other.requests).toEqual([])
  })

  it('E30 a layer of an earlier build is not fetched from where no longer may be asked', async () => {
    await build(`FROM ${other.host}/app\n`, { registryAllow: [other.host] })
    const before = other.requests.length
    const refused = build(`FROM ${other.host}/app\nCOPY --from=${other.host}/app / /\n`)
    await expect(refused).rejects.toThrow(code('TSB_REGISTRY_NOT_ALLOWED'))
    expect(other.requests).toHaveLength(before)
  })

  it('E30 by the command line, with the line that asks', async () => {
    workspace.write({ 'context/Dockerfile': `FROM ${other.host}/app\n` })
    const { status, stderr } = await tsbuild(workspace, '--registry-allow', 'docker.io,ghcr.io', 'context')
    expect({ status, requests: other.requests }).toEqual({ status: 1, requests: [] })
    expect(stderr).toContain(`Dockerfile:1  [TSB_REGISTRY_NOT_ALLOWED]`)
    expect(stderr).toContain(`the registry ${other.host} may not be asked`)
    expect(stderr).toContain('hint: --registry-allow lets only these be asked: docker.io, ghcr.io')
  })
})

it('E30 hosts are written as references have them', () => {
  const hosts = ['ghcr.io', 'LOCALHOST', '127.0.0.1:5000', '[::1]:5000', 'index.docker.io']
  expect([...registryHosts('--registry-allow', hosts)]).toEqual([
    'ghcr.io',
    'localhost',
    '127.0.0.1:5000',
    '[::1]:5000',
    'docker.io',
  ])
})

it.each(['', 'library', 'https://ghcr.io', 'ghcr.io/', 'ghcr.io/org', '*', '*.io', 'a b', 'me@ghcr.io'])(
  'E30 %j is no host of a registry',
  (text) => expect(() => registryHosts('--registry-allow', [text])).toThrow(code('TSB_REGISTRY_ALLOW')),
)

it.each(['foo/bar', 'ghcr.io/org', 'library'])('a login for %j is refused by a name of its own', (text) => {
  expect(() => loginHost(text)).toThrow(code('TSB_LOGIN_HOST'))
  expect(loginHost('127.0.0.1:5000')).toBe('127.0.0.1:5000')
})
