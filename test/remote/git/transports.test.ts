import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { hasSshServer, noSshServer, startGitDaemon, startSshServer } from '../../support/daemons.ts'
import { fetcher, linesOf } from '../../support/git-remotes.ts'
import { hasGit, makeRepository, noGit, runGit } from '../../support/git-repository.ts'
import { gitHandler, serveFiles } from '../../support/git-server.ts'
import { hasProgram } from '../../support/programs.ts'
import { scratch } from '../../support/scratch.ts'
import { startAgent } from '../../support/ssh-agent.ts'
import { startTlsServer } from '../../support/tls-server.ts'

describe.skipIf(!hasGit)(`how repositories come (${noGit})`, () => {
  let folder: string
  let root: string

  beforeEach(async () => {
    folder = await scratch()
    root = join(folder, 'served')
    makeRepository(join(root, 'app.git')).commit({ a: '1' })
  })

  test('git://, without a notice on this machine', async () => {
    const remotes = fetcher(join(folder, 'cache'))
    expect(await linesOf((await remotes.fetch(`${await startGitDaemon(root)}/app.git`)).tree)).toEqual(['644 a: 1'])
    expect(remotes.notices).toEqual([])
  })

  test('a repository that git:// does not have is missing, and no token is asked for', async () => {
    await expect(fetcher(join(folder, 'cache')).fetch(`${await startGitDaemon(root)}/nope.git`)).rejects.toMatchObject({
      code: 'TSB_GIT_NOT_FOUND',
      hint: 'check the address',
    })
  })

  test.each(['git://host.invalid/a', 'http://host.invalid/a.git'])(
    '%s gives a notice: it is not encrypted',
    async (url) => {
      const remotes = fetcher(join(folder, 'cache'))
      await expect(remotes.fetch(url)).rejects.toMatchObject({ code: 'TSB_GIT_FETCH' })
      expect(remotes.notices).toEqual([
        `${new URL(url).protocol}//host.invalid is not encrypted: whoever is on the way can change what is fetched`,
      ])
    },
  )

  test('files without a git server (dumb http)', async () => {
    const bare = join(root, 'bare.git')
    runGit(folder, ['clone', '--quiet', '--bare', join(root, 'app.git'), bare])
    runGit(bare, ['update-server-info'])
    const { origin } = await serveFiles(root)
    expect(await linesOf((await fetcher(join(folder, 'cache')).fetch(`${origin}/bare.git`)).tree)).toEqual(['644 a: 1'])
  })

  test.skipIf(!hasProgram('openssl'))(
    'https, when the certificate is one that is trusted (needs openssl)',
    async () => {
      const { host, certificate } = await startTlsServer(gitHandler(root))
      const url = `https://${host.replace('127.0.0.1', 'localhost')}/app.git`
      await expect(fetcher(join(folder, 'cache')).fetch(url)).rejects.toMatchObject({
        code: 'TSB_GIT_FETCH',
        hint: expect.stringContaining('GIT_SSL_CAINFO'),
      })
      for (const name of ['GIT_SSL_CAINFO', 'SSL_CERT_FILE']) {
        const remotes = fetcher(join(folder, name), { env: { [name]: certificate } })
        expect(await linesOf((await remotes.fetch(url)).tree)).toEqual(['644 a: 1'])
      }
    },
  )

  describe.skipIf(!hasSshServer)(`ssh (${noSshServer})`, () => {
    const start = async () => {
      const server = await startSshServer(join(folder, 'ssh'))
      const agent = startAgent()
      onTestFinished(() => agent[Symbol.dispose]())
      const home = join(folder, "a home's 100%")
      mkdirSync(join(home, '.ssh'), { recursive: true })
      const know = (line: string) => writeFileSync(join(home, '.ssh/known_hosts'), line)
      const url = `${server.origin}${root}/app.git`
      const remotes = fetcher(join(folder, 'cache'), { agent: agent.socket, env: { HOME: home } })
      return { ...server, agent, know, url, fetch: () => remotes.fetch(url) }
    }

    test('with a key of the agent, to a host that known_hosts has', async () => {
      const { agent, key, know, knownHost, fetch } = await start()
      await agent.run('ssh-add', key)
      know(knownHost)
      expect(await linesOf((await fetch()).tree)).toEqual(['644 a: 1'])
    })

    test('an unknown host is refused, with how to get its key', async () => {
      const { agent, key, origin, fetch } = await start()
      await agent.run('ssh-add', key)
      await expect(fetch()).rejects.toMatchObject({
        code: 'TSB_GIT_HOST_KEY',
        hint: expect.stringContaining(`ssh-keyscan -p ${new URL(origin).port} 127.0.0.1 >> ~/.ssh/known_hosts`),
      })
    })

    test('a host with another key than known_hosts has is refused', async () => {
      const { agent, key, know, knownHost, fetch } = await start()
      await agent.run('ssh-add', key)
      know(knownHost.replace(/ (\S{40})\S{8}/, ' $1AAAAAAAA'))
      await expect(fetch()).rejects.toMatchObject({ code: 'TSB_GIT_HOST_KEY' })
    })

    test('an agent without a key that may log in is an error', async () => {
      const { know, knownHost, fetch } = await start()
      know(knownHost)
      await expect(fetch()).rejects.toMatchObject({ code: 'TSB_GIT_AUTH', hint: expect.stringContaining('ssh-add -l') })
    })

    test('keys in files of the user are not used: only those of the agent', async () => {
      const { know, knownHost, url } = await start()
      know(knownHost)
      await expect(fetcher(join(folder, 'cache')).fetch(url)).rejects.toMatchObject({
        code: 'TSB_GIT_AUTH',
        hint: expect.stringContaining('--ssh default'),
      })
    })
  })
})
