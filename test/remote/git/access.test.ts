import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, describe, expect, test } from 'vitest'
import { fetcher, linesOf, wrappedGit } from '../../support/git-remotes.ts'
import { hasGit, makeRepository, noGit, type Repository } from '../../support/git-repository.ts'
import { type GitServerOptions, gitHandler, serveGit, serveWith } from '../../support/git-server.ts'
import { runProgram } from '../../support/programs.ts'
import { scratch } from '../../support/scratch.ts'

describe.skipIf(!hasGit)(`credentials of git servers (${noGit})`, () => {
  let folder: string
  let root: string
  let repository: Repository

  beforeEach(async () => {
    folder = await scratch()
    root = join(folder, 'served')
    repository = makeRepository(join(root, 'app.git'))
    repository.commit({ a: '1' })
  })

  const basic = (user: string, password: string) => `basic ${Buffer.from(`${user}:${password}`).toString('base64')}`
  const only = (header: string): GitServerOptions => ({
    allows: (given) => given?.toLowerCase() === header.toLowerCase(),
  })
  const withToken = basic('x-access-token', 'T0KEN')
  const fetchWith = async (secrets: Readonly<Record<string, string>>, url: string) =>
    linesOf((await fetcher(join(folder, 'cache'), { secrets }).fetch(url)).tree)

  test('user and password of the URL', async () => {
    const { origin } = await serveGit(root, only(basic('us@er', 'p/w')))
    expect(await fetchWith({}, `${origin.replace('//', '//us%40er:p%2Fw@')}/app.git`)).toEqual(['644 a: 1'])
  })

  test('a token of the URL, as a user without password', async () => {
    const { origin } = await serveGit(root, only(basic('T0KEN', '')))
    expect(await fetchWith({}, `${origin.replace('//', '//T0KEN@')}/app.git`)).toEqual(['644 a: 1'])
  })

  test('GIT_AUTH_TOKEN is the password of x-access-token; a line end is no part of it', async () => {
    const { origin } = await serveGit(root, only(withToken))
    expect(await fetchWith({ GIT_AUTH_TOKEN: 'T0KEN\n' }, `${origin}/app.git`)).toEqual(['644 a: 1'])
  })

  test('GIT_AUTH_HEADER is the value of Authorization', async () => {
    const { origin } = await serveGit(root, only('Bearer abc'))
    expect(await fetchWith({ GIT_AUTH_HEADER: 'Bearer abc' }, `${origin}/app.git`)).toEqual(['644 a: 1'])
  })

  test('what is for the host comes first, then headers, then tokens, then the URL', async () => {
    const { origin, host } = await serveGit(root, only('Bearer right'))
    const url = `${origin.replace('//', '//user:wrong@')}/app.git`
    const right = 'Bearer right'
    const wrong = 'Bearer wrong'
    expect(
      await fetchWith(
        { [`GIT_AUTH_HEADER.${host}`]: right, [`GIT_AUTH_TOKEN.${host}`]: 'x', GIT_AUTH_HEADER: wrong },
        url,
      ),
    ).toEqual(['644 a: 1'])
    expect(await fetchWith({ GIT_AUTH_HEADER: right, GIT_AUTH_TOKEN: 'x' }, url)).toEqual(['644 a: 1'])
  })

  test('a server that wants none gets them all the same, as from BuildKit', async () => {
    const server = await serveGit(root)
    await fetchWith({ GIT_AUTH_TOKEN: 'T0KEN' }, `${server.origin}/app.git`)
    expect(server.requests[0]?.authorization?.toLowerCase()).toBe(withToken.toLowerCase())
  })

  test('C14 no arguments of git, no file and no message has them', async () => {
    const { origin } = await serveGit(root, only(basic('user', 'S3CRET')))
    const log = join(folder, 'calls')
    const PATH = wrappedGit(join(folder, 'bin'), `echo "$@" >> ${log}`)
    const cache = join(folder, 'cache')
    const remotes = fetcher(cache, { env: { PATH }, secrets: { 'GIT_AUTH_TOKEN.other': 'x' } })
    const url = `${origin.replace('//', '//user:S3CRET@')}/app.git`
    await remotes.fetch(`${url}#main`, { keepGitDir: true })
    expect(readFileSync(log, 'utf8')).toContain('fetch')
    const encoded = Buffer.from('user:S3CRET').toString('base64')
    for (const text of ['S3CRET', encoded, 'user@', 'user:']) {
      expect(readFileSync(log, 'utf8')).not.toContain(text)
      expect(runProgram('sh', '-c', 'grep -r "$1" "$2" || true', 'sh', text, cache)).toBe('')
    }
    const error = await remotes.fetch(`${url}#nope`).catch((problem) => problem)
    expect(`${error.message} ${error.hint} ${error.stack}`).not.toContain('S3CRET')
  })

  test('what a server says is shown without them', async () => {
    const server = await serveWith((request, response) => {
      response.writeHead(401, { 'Content-Type': 'text/plain' }).end(`you sent ${request.headers.authorization} T0KEN`)
    })
    const error = await fetchWith({ GIT_AUTH_TOKEN: 'T0KEN' }, `${server.origin}/app.git`).catch((problem) => problem)
    expect(error).toMatchObject({ code: 'TSB_GIT_AUTH', hint: 'what the secret GIT_AUTH_TOKEN holds was refused' })
    expect(error.message).not.toContain('T0KEN')
    expect(error.message).not.toContain(withToken.split(' ')[1])
  })

  test('without any, the error says which secret to give', async () => {
    const { origin, host } = await serveGit(root, only(withToken))
    await expect(fetchWith({}, `${origin}/app.git`)).rejects.toMatchObject({
      code: 'TSB_GIT_AUTH',
      hint: expect.stringContaining(`--secret id=GIT_AUTH_TOKEN.${host}`),
    })
  })

  describe('redirects', () => {
    test('to the same host are followed with credentials', async () => {
      const handler = gitHandler(root, only(withToken))
      const { origin } = await serveWith((request, response) => {
        if (!request.url?.startsWith('/old.git')) return handler(request, response)
        response.writeHead(301, { Location: request.url.replace('/old.git', '/app.git') }).end()
      })
      expect(await fetchWith({ GIT_AUTH_TOKEN: 'T0KEN' }, `${origin}/old.git`)).toEqual(['644 a: 1'])
    })

    test('E11 to another host are followed without them', async () => {
      const other = await serveGit(root, only(withToken))
      const { origin } = await serveWith((request, response) => {
        response.writeHead(302, { Location: `${other.origin}${request.url}` }).end()
      })
      const secrets = { GIT_AUTH_TOKEN: 'T0KEN' }
      await expect(fetchWith(secrets, `${origin}/app.git`)).rejects.toMatchObject({ code: 'TSB_GIT_AUTH' })
      await expect(fetchWith({ GIT_AUTH_HEADER: 'Bearer abc' }, `${origin}/app.git`)).rejects.toMatchObject({
        code: 'TSB_GIT_FETCH',
        hint: 'name the address that the repository has now',
      })
      expect(other.requests.map(({ authorization }) => authorization)).toEqual(other.requests.map(() => undefined))
    })
  })

  describe('of submodules', () => {
    const withSubmodule = async (url: string) => {
      const library = makeRepository(join(root, 'library.git'))
      const commit = library.commit({ l: '1' })
      repository.git('config', '--file', '.gitmodules', 'submodule.lib.path', 'lib')
      repository.git('config', '--file', '.gitmodules', 'submodule.lib.url', url)
      repository.git('add', '.gitmodules')
      repository.git('update-index', '--add', '--cacheinfo', `160000,${commit},lib`)
      repository.git('commit', '--quiet', '--message=x')
    }

    test('one beside the repository is fetched as the repository is', async () => {
      await withSubmodule('../library.git')
      const { origin } = await serveGit(root, only(basic('user', 'pw')))
      expect(await fetchWith({}, `${origin.replace('//', '//user:pw@')}/app.git`)).toContain('644 lib/l: 1')
    })

    test('one elsewhere gets what was given for its host, and nothing else', async () => {
      const other = await serveGit(root, only(withToken))
      await withSubmodule(`${other.origin}/library.git`)
      const { origin } = await serveGit(root)
      const url = `${origin}/app.git`
      await expect(fetchWith({ GIT_AUTH_TOKEN: 'T0KEN' }, url)).rejects.toMatchObject({ code: 'TSB_GIT_AUTH' })
      expect(other.requests.every(({ authorization }) => authorization === undefined)).toBe(true)
      expect(await fetchWith({ [`GIT_AUTH_TOKEN.${other.host}`]: 'T0KEN' }, url)).toContain('644 lib/l: 1')
    })
  })
})
