import { describe, expect, it } from 'vitest'
import { sha256 } from '../../src/digest/index.ts'
import { mediaTypes } from '../../src/image/index.ts'
import { basicAnswer } from '../../src/registry/auth.ts'
import { endpointOf } from '../../src/registry/endpoint.ts'
import { tsbuild } from '../support/command-line.ts'
import { hasDockerRegistry, noDockerRegistry, startDockerRegistry } from '../support/docker-registry.ts'
import { code, collect, open } from '../support/pulling.ts'
import { identityToken, startTokenServer } from '../support/token-server.ts'
import { openWorkspace } from '../support/workspace.ts'

const joe = { kind: 'password', username: 'joe', password: 'right-pass' } as const
const bytes = Buffer.alloc(50_000, 'token')
const descriptor = { mediaType: mediaTypes.layerGzip, digest: sha256(bytes), size: bytes.length }
const blob = {
  descriptor,
  open: async function* () {
    yield bytes
  },
}

/** All may be done in `mine`, and `base` may be read. */
const may = (repository: string) =>
  repository.startsWith('mine') ? ['pull', 'push'] : repository === 'base' ? ['pull'] : []

describe.skipIf(!hasDockerRegistry)(`a real registry that believes a token server (${noDockerRegistry})`, () => {
  it('is given tokens for what is asked, one for each repository and kind, and for both sides of a mount', async () => {
    await using tokens = await startTokenServer(may)
    await using server = await startDockerRegistry(tokens.rules as `auth: ${string}`)
    const registry = open({ logins: async () => joe })
    await Promise.all([registry.upload(`${server.host}/mine/a`, blob), registry.upload(`${server.host}/mine/a`, blob)])
    expect(await registry.upload(`${server.host}/mine/b`, { ...blob, elsewhere: 'mine/a' })).toBe('mounted')
    expect(await collect(registry.blob(`${server.host}/mine/b`, descriptor))).toEqual(bytes)
    expect(new Set(tokens.given.map(({ scopes, to }) => `${to}: ${scopes.join(' ')}`))).toEqual(
      new Set([
        'joe: repository:mine/a:pull,push',
        'joe: repository:mine/b:pull,push',
        'joe: repository:mine/b:pull,push repository:mine/a:pull',
        'joe: repository:mine/b:pull',
      ]),
    )
    registry.close()
  })

  it('denies what a token does not allow, and the error says what was asked', async () => {
    await using tokens = await startTokenServer(may)
    await using server = await startDockerRegistry(tokens.rules as `auth: ${string}`)
    const registry = open({ logins: async () => joe })
    await expect(registry.upload(`${server.host}/base`, blob)).rejects.toMatchObject({
      code: 'TSB_REGISTRY_DENIED',
      message: expect.stringMatching(/POST base\/blobs\/uploads\/, attempt 1: .* answers 401/),
    })
    await expect(open().tags(`${server.host}/mine/a`)).rejects.toThrow(code('TSB_REGISTRY_DENIED'))
    const wrong = open({ logins: async () => ({ ...joe, password: 'wrong' }) })
    await expect(wrong.tags(`${server.host}/mine/a`)).rejects.toMatchObject({
      message: expect.stringMatching(/token for .*mine\/a.*401: wrong password/),
    })
    registry.close()
  })

  it('says as whom it was asked, by which login, when that is refused, and never the password', async () => {
    await using tokens = await startTokenServer(may)
    await using server = await startDockerRegistry(tokens.rules as `auth: ${string}`)
    const login = { ...joe, from: '/home/joe/config.json' }
    const as = 'asked as joe, the login of /home/joe/config.json)'
    const right = open({ logins: async () => login })
    await expect(right.upload(`${server.host}/base`, blob)).rejects.toMatchObject({
      message: expect.stringContaining(as),
      hint: `the login may be wrong or out of date, or joe may not push there: tsbuild login ${server.host}`,
    })
    const wrong = open({ logins: async () => ({ ...login, password: 'CANARY' }) })
    const refused = await wrong.tags(`${server.host}/mine/a`).catch((error: Error) => error)
    expect(refused).toMatchObject({
      message: expect.stringContaining(as),
      hint: `the login may be wrong or out of date, or the image does not exist, or joe may not read it: tsbuild login ${server.host}`,
    })
    expect(String(refused)).not.toContain('CANARY')
    await expect(open().tags(`${server.host}/mine/a`)).rejects.toThrow(/required$/)
    right.close()
    wrong.close()
  })

  it('whose token server is down says so', async () => {
    const tokens = await startTokenServer(may)
    await using server = await startDockerRegistry(tokens.rules as `auth: ${string}`)
    await tokens[Symbol.asyncDispose]()
    await expect(open().tags(`${server.host}/mine/a`)).rejects.toMatchObject({
      code: 'TSB_REGISTRY_UNREACHABLE',
      hint: `nothing listens there: is ${tokens.host} running, which gives the tokens of ${server.host}?`,
    })
  })

  it('takes an identity token, which goes to the token server in a body', async () => {
    await using tokens = await startTokenServer(may)
    await using server = await startDockerRegistry(tokens.rules as `auth: ${string}`)
    const registry = open({ logins: async () => ({ kind: 'identity', token: identityToken }) })
    expect(await registry.upload(`${server.host}/mine/a`, blob)).toBe('sent')
    expect(tokens.given).toEqual([{ scopes: ['repository:mine/a:pull,push'], to: 'joe' }])
    expect(tokens.requests).toEqual([{ method: 'POST', path: '/token', authorization: undefined }])
    registry.close()
  })

  it('is logged in to, pushed to and pulled from by the command line', async () => {
    await using workspace = await openWorkspace()
    await using tokens = await startTokenServer(may)
    await using server = await startDockerRegistry(tokens.rules as `auth: ${string}`)
    workspace.write({ 'context/Dockerfile': 'FROM scratch\nCOPY a /\n', 'context/a': 'a' })
    const login = (input: string) =>
      tsbuild({ ...workspace, input }, 'login', '-u', 'joe', '--password-stdin', server.host)
    expect(await login('wrong\n')).toMatchObject({ status: 1 })
    expect(await login('right-pass\n')).toMatchObject({ status: 0 })
    expect(await tsbuild(workspace, '-t', `${server.host}/mine/app:1`, '--push', 'context')).toMatchObject({
      status: 0,
    })
    expect(await tsbuild(workspace, '-t', `${server.host}/base:1`, '--push', 'context')).toMatchObject({ status: 103 })
    expect(await tsbuild(workspace, 'pull', '-q', `${server.host}/mine/app:1`)).toMatchObject({ status: 0 })
  }, 30_000)
})

describe.skipIf(!hasDockerRegistry)(`a real registry with a password (${noDockerRegistry})`, () => {
  it('that refuses the login of a file has the error name user and file', async () => {
    await using workspace = await openWorkspace()
    await using server = await startDockerRegistry('password')
    const file = `${workspace.directory}/.docker/config.json`
    const entry = { auth: Buffer.from('joe:CANARY').toString('base64') }
    workspace.write({ '.docker/config.json': JSON.stringify({ auths: { [server.host]: entry } }) })
    const ran = await tsbuild(workspace, 'pull', `${server.host}/app:1`)
    expect(ran.stderr).toContain(`(asked as joe, the login of ${file})`)
    expect(ran.stderr).toContain('the login may be wrong or out of date')
    expect(ran.stderr).not.toMatch(/CANARY|Sm9l|am9l/)
    workspace.write({ '.docker/config.json': JSON.stringify({ auths: { [server.host]: { auth: '%%' } } }) })
    const undecoded = await tsbuild(workspace, 'pull', `${server.host}/app:1`)
    expect(undecoded.stderr).toContain(`warning: ${file}: the auth of ${server.host} is passed over`)
    expect(undecoded.stderr).toContain('or it is private: tsbuild login')
  }, 30_000)
})

describe('a password', () => {
  const challenge = {
    status: 401,
    headers: { 'www-authenticate': 'Basic realm="x"' },
    body: (async function* () {})(),
    discard: () => {},
  }

  it('E18 goes over plain HTTP to this machine, and to who was called insecure by name', () => {
    const plain = (host: string, insecure: boolean) => {
      const endpoint = endpointOf(host, 'app', insecure ? { insecure: new Set([host]) } : {})
      return { ...endpoint, base: new URL(`http://${host}/v2/app/`) }
    }
    expect(basicAnswer(plain('127.0.0.1:5000', false), challenge, joe)).toMatch(/^Basic /)
    expect(basicAnswer(plain('registry.lan', true), challenge, joe)).toMatch(/^Basic /)
    expect(() => basicAnswer(plain('registry.lan', false), challenge, joe)).toThrow(code('TSB_AUTH_PLAIN'))
  })
})
