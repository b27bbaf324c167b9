import { chmodSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import { askHelper } from '../../src/credentials/helper.ts'
import { forgetLogin, keepLogin, loginFile, openLogins } from '../../src/credentials/index.ts'
import { defaultLimits } from '../../src/limits.ts'
import { code } from '../support/pulling.ts'
import { scratch } from '../support/scratch.ts'

const auth = (pair: string) => ({ auth: Buffer.from(pair).toString('base64') })
const joe = { kind: 'password', username: 'joe', password: 'p:w' } as const

describe('logins', () => {
  let folder: string
  beforeEach(async () => {
    folder = await scratch()
  })

  const put = (name: string, value: object) => {
    const file = path.join(folder, name)
    mkdirSync(path.dirname(file), { recursive: true })
    writeFileSync(file, JSON.stringify(value))
    return file
  }
  const docker = (value: object) => {
    put('docker/config.json', value)
    return { DOCKER_CONFIG: path.join(folder, 'docker'), HOME: folder }
  }
  /** A credential helper that is a shell script. */
  const helper = (name: string, script: string) => {
    const file = path.join(folder, 'bin', `docker-credential-${name}`)
    mkdirSync(path.dirname(file), { recursive: true })
    writeFileSync(file, `#!/bin/sh\n${script}\n`)
    chmodSync(file, 0o755)
    return path.join(folder, 'bin')
  }

  it.each([
    ['the hub', 'docker.io', 'library/x', 'https://index.docker.io/v1/'],
    ['a host with a port', '127.0.0.1:5000', 'x', '127.0.0.1:5000'],
    ['a URL', 'r.test', 'x', 'https://r.test/v2/'],
    ['a part of a host', 'r.test', 'team/app', 'r.test/team'],
  ])('are found by %s', async (_, host, repository, key) => {
    const env = docker({ auths: { [key]: auth('joe:p:w') } })
    expect(await openLogins(env)(host, repository)).toMatchObject(joe)
  })

  it.each([
    ['docker.io.evil.test', 'x', 'https://index.docker.io/v1/'],
    ['evil.test', 'docker.io/x', 'https://index.docker.io/v1/'],
    ['r.test:444', 'x', 'r.test'],
    ['r.test.evil.test', 'x', 'r.test'],
    ['r.test', 'teams/app', 'r.test/team'],
    ['evil.test', 'r.test/x', 'r.test'],
  ])('E17 of one registry are not those of %s/%s', async (host, repository, key) => {
    const env = docker({ auths: { [key]: auth('joe:p:w') } })
    expect(await openLogins(env)(host, repository)).toBeUndefined()
  })

  it('of the longest path come first, and an identity token before a password', async () => {
    const env = docker({
      auths: {
        'r.test': auth('a:b'),
        'r.test/team': auth('joe:p:w'),
        's.test': { ...auth('a:b'), identitytoken: 'T' },
      },
    })
    const logins = openLogins(env)
    expect(await logins('r.test', 'team/app')).toMatchObject(joe)
    expect(await logins('s.test', 'x')).toMatchObject({ kind: 'identity', token: 'T' })
  })

  it('are looked for in REGISTRY_AUTH_FILE, then docker’s file, then podman’s', async () => {
    const env = {
      ...docker({ auths: { 'b.test': auth('docker:x'), 'c.test': auth('docker:x') } }),
      REGISTRY_AUTH_FILE: put('named.json', { auths: { 'c.test': auth('named:x') } }),
      XDG_RUNTIME_DIR: path.dirname(
        path.dirname(put('run/containers/auth.json', { auths: { 'a.test': auth('pod:x'), 'b.test': auth('pod:x') } })),
      ),
    }
    const logins = openLogins(env)
    const users = await Promise.all(['a.test', 'b.test', 'c.test'].map((host) => logins(host, 'x')))
    expect(users.map((login) => login?.kind === 'password' && login.username)).toEqual(['pod', 'docker', 'named'])
    expect(loginFile(env)).toBe(env.REGISTRY_AUTH_FILE)
  })

  it('come from the helper of the host before the one for all, asked by docker’s key', async () => {
    const PATH = helper('one', 'read key; echo "{\\"Username\\":\\"one\\",\\"Secret\\":\\"$key\\"}"')
    helper('all', 'read key; echo "{\\"Username\\":\\"<token>\\",\\"Secret\\":\\"$key\\"}"')
    const env = { ...docker({ credsStore: 'all', credHelpers: { 'r.test': 'one' } }), PATH: `${PATH}:/usr/bin:/bin` }
    const logins = openLogins(env)
    expect(await logins('r.test', 'x')).toMatchObject({ kind: 'password', username: 'one', password: 'r.test' })
    expect(await logins('docker.io', 'x')).toMatchObject({ kind: 'identity', token: 'https://index.docker.io/v1/' })
  })

  it('that a helper does not have may be in the file', async () => {
    const PATH = helper('none', 'echo credentials not found in native keychain; exit 1')
    const env = { ...docker({ credsStore: 'none', auths: { 'r.test': auth('joe:p:w') } }), PATH }
    expect(await openLogins(env)('r.test', 'x')).toMatchObject(joe)
    expect(await openLogins(env)('s.test', 'x')).toBeUndefined()
  })

  it.each(['../../tmp/x', 'a;b', 'a b', '', 'a/b'])('E19 a helper is not called %j', async (name) => {
    await expect(askHelper(name, 'r.test', { PATH: '/usr/bin' })).rejects.toThrow(code('TSB_HELPER_NAME'))
  })

  it('E19 a helper of the working directory is not run', async () => {
    const bin = helper('x', `touch ${folder}/was-run; echo '{"Username":"a","Secret":"b"}'`)
    const relative = path.relative(process.cwd(), bin)
    await expect(askHelper('x', 'r.test', { PATH: `.:${relative}::` })).rejects.toThrow(code('TSB_HELPER_MISSING'))
    expect(existsSync(path.join(folder, 'was-run'))).toBe(false)
  })

  it('E19 a helper sees little of the environment, and stands in no folder of ours', async () => {
    const PATH = `${helper('env', 'echo "{\\"Username\\":\\"$SECRET_OF_BUILD-$HOME\\",\\"Secret\\":\\"$(pwd)\\"}"')}:/usr/bin:/bin`
    const login = await askHelper('env', 'r.test', { PATH, HOME: '/home/joe', SECRET_OF_BUILD: 'secret' })
    expect(login).toEqual({ kind: 'password', username: '-/home/joe', password: '/' })
  })

  it('E20 a helper that hangs or floods is ended', async () => {
    const PATH = `${helper('slow', 'exec sleep 999')}:/usr/bin:/bin`
    helper('flood', 'exec yes')
    const limits = { milliseconds: 200, bytes: 1 << 16 }
    await expect(askHelper('slow', 'r.test', { PATH }, limits)).rejects.toThrow(/no answer/)
    const long = { milliseconds: 20_000, bytes: 1 << 16 }
    await expect(askHelper('flood', 'r.test', { PATH }, long)).rejects.toThrow(/longer than 65536 bytes/)
  })

  it('a helper may say as much as --limit token-bytes says, and not one byte more', async () => {
    const answer = '{"Username":"joe","Secret":"p:w"}'
    const PATH = `${helper('exact', `printf '%s' '${answer}'`)}:/usr/bin:/bin`
    const env = { ...docker({ credsStore: 'exact' }), PATH }
    const asked = (bytes: number) => openLogins(env, { ...defaultLimits, 'token-bytes': bytes })('r.test', 'x')
    expect(await asked(answer.length)).toMatchObject(joe)
    await expect(asked(answer.length - 1)).rejects.toMatchObject({
      code: 'TSB_HELPER_FAILED',
      hint: expect.stringContaining('--limit token-bytes='),
    })
  })

  it('are kept for their owner alone, and all else of the file stays', async () => {
    const env = docker({ proxies: { default: {} }, auths: { 'b.test': auth('a:b') } })
    const file = loginFile(env) ?? ''
    expect(await keepLogin(file, 'r.test', joe, env)).toBe(file)
    expect(statSync(file).mode & 0o777).toBe(0o600)
    expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual({
      proxies: { default: {} },
      auths: { 'b.test': auth('a:b'), 'r.test': auth('joe:p:w') },
    })
    expect(await openLogins(env)('r.test', 'x')).toMatchObject(joe)
    expect(await forgetLogin(file, 'r.test', env)).toBe(true)
    expect(await forgetLogin(file, 'r.test', env)).toBe(false)
    expect(Object.keys(JSON.parse(readFileSync(file, 'utf8')).auths)).toEqual(['b.test'])
  })

  it('are given to the helper that the file names, and not written into it', async () => {
    const PATH = `${helper('keep', `cat > ${folder}/$1`)}:/usr/bin:/bin`
    const env = { ...docker({ credsStore: 'keep' }), PATH }
    const file = loginFile(env) ?? ''
    expect(await keepLogin(file, 'docker.io', joe, env)).toBe('docker-credential-keep')
    const stored = JSON.parse(readFileSync(path.join(folder, 'store'), 'utf8'))
    expect(stored).toEqual({ ServerURL: 'https://index.docker.io/v1/', Username: 'joe', Secret: 'p:w' })
    expect(JSON.parse(readFileSync(file, 'utf8')).auths).toEqual({ 'https://index.docker.io/v1/': {} })
  })

  it('that a helper cannot give, keep or forget are an error that says who named it, and what to try', async () => {
    const PATH = `${helper('broken', 'cat > /dev/null; echo locked; exit 3')}:/usr/bin:/bin`
    const env = { ...docker({ credsStore: 'broken', auths: { 'r.test': {} } }), PATH }
    const file = loginFile(env) ?? ''
    const failing = (verb: string) => ({
      code: 'TSB_HELPER_FAILED',
      message: `the credential helper docker-credential-broken failed: it ended with 3: locked (${file} names it)`,
      hint: expect.stringContaining(`| docker-credential-broken ${verb}`),
    })
    await expect(openLogins(env)('r.test', 'x')).rejects.toMatchObject(failing('get'))
    await expect(keepLogin(file, 'r.test', joe, env)).rejects.toMatchObject(failing('store'))
    await expect(forgetLogin(file, 'r.test', env)).rejects.toMatchObject(failing('erase'))
    const missing = docker({ credsStore: 'nowhere' })
    await expect(openLogins(missing)('r.test', 'x')).rejects.toMatchObject({
      code: 'TSB_HELPER_MISSING',
      message: expect.stringContaining(`(${file} names it)`),
    })
  })

  it('say which file or helper they are of', async () => {
    const PATH = helper('one', `echo '{"Username":"a","Secret":"b"}'`)
    const env = { ...docker({ credHelpers: { 'r.test': 'one' }, auths: { 's.test': auth('a:b') } }), PATH }
    const logins = openLogins(env)
    expect(await logins('r.test', 'x')).toMatchObject({ from: 'docker-credential-one' })
    expect(await logins('s.test', 'x')).toMatchObject({ from: loginFile(env) })
  })

  it.each([
    [
      'standard output, as the protocol has it',
      'echo; echo the agent is locked; echo more; echo other >&2',
      'the agent is locked',
    ],
    ['standard error else', 'echo the agent is locked >&2', 'the agent is locked'],
    ['without what moves a cursor', `printf 'the agent\\033[2J \\tis locked\\r\\n'`, 'the agent [2J is locked'],
    ['no longer than 200 characters', 'head -c 5000 /dev/zero | tr "\\0" x', 'x'.repeat(200)],
    ['and standard error that stays open', 'sleep 20 >&2 & echo locked', 'locked'],
  ])('are kept back by a helper for a reason, which is told: %s', async (_, script, said) => {
    const PATH = `${helper('broken', `cat > /dev/null; ${script}; exit 3`)}:/usr/bin:/bin`
    await expect(askHelper('broken', 'r.test', { PATH })).rejects.toMatchObject({
      message: `the credential helper docker-credential-broken failed: it ended with 3: ${said}`,
      hint: 'run: echo r.test | docker-credential-broken get',
    })
  })

  it('E19 are not shown when a helper fails with them', async () => {
    const PATH = `${helper('leaks', `cat; echo '{"Username":"a","Secret":"CANARY"}'; exit 1`)}:/usr/bin:/bin`
    helper('answers', `echo '{"Username":"a","Secret":"CANARY"}'; exit 1`)
    const env = { ...docker({ credsStore: 'leaks' }), PATH }
    const canary = { kind: 'password', username: 'joe', password: 'CANARY' } as const
    const kept = keepLogin(loginFile(env) ?? '', 'r.test', canary, env)
    await expect(kept).rejects.toThrow(/ended with 1 \(/)
    await expect(askHelper('answers', 'r.test', { PATH })).rejects.toThrow(/ended with 1$/)
  })

  it.each([
    ['no base64', '%%%%'],
    ['the pair itself', 'joe:secret'],
    ['no pair', Buffer.from('joe').toString('base64')],
  ])('that cannot be decoded are told of once, with file and host: %s', async (_, text) => {
    const env = docker({ auths: { 'r.test': { auth: text }, 's.test': {} } })
    const notices: string[] = []
    const logins = openLogins(env, defaultLimits, (message) => notices.push(message))
    for (const repository of ['x', 'y']) expect(await logins('r.test', repository)).toBeUndefined()
    expect(await logins('s.test', 'x')).toBeUndefined()
    expect(notices).toEqual([
      `warning: ${loginFile(env)}: the auth of r.test is passed over: it is not USER:PASSWORD in base64`,
    ])
  })

  it.each([
    ['/nowhere/auth.json', 'is not there, or cannot be read'],
    ['auth.json', 'is not an absolute path'],
  ])('are not in a REGISTRY_AUTH_FILE %s, which is told', async (file, why) => {
    const env = { ...docker({ auths: { 'r.test': auth('joe:p:w') } }), REGISTRY_AUTH_FILE: file }
    const notices: string[] = []
    const logins = openLogins(env, defaultLimits, (message) => notices.push(message))
    expect(await logins('r.test', 'x')).toMatchObject(joe)
    expect(await logins('s.test', 'x')).toBeUndefined()
    expect(notices).toEqual([`warning: REGISTRY_AUTH_FILE is passed over: ${file} ${why}`])
  })

  it('that cannot be read are an error that shows nothing of them', async () => {
    const env = docker({})
    writeFileSync(path.join(folder, 'docker/config.json'), '{"auths": {"r.test": {"auth": "c2VjcmV0"')
    const asked = openLogins(env)('r.test', 'x')
    await expect(asked).rejects.toThrow(code('TSB_AUTH_FILE'))
    await expect(asked).rejects.not.toThrow(/c2VjcmV0/)
  })
})
