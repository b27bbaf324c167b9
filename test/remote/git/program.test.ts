import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, describe, expect, test } from 'vitest'
import { openLocks } from '../../../src/store/locks.ts'
import { fetcher, linesOf, wrappedGit } from '../../support/git-remotes.ts'
import { hasGit, makeRepository, noGit, type Repository } from '../../support/git-repository.ts'
import { serveGit, serveWith } from '../../support/git-server.ts'
import { notFound } from '../../support/http-server.ts'
import { scratch } from '../../support/scratch.ts'

describe.skipIf(!hasGit)(`running git (${noGit})`, () => {
  let folder: string
  let root: string
  let repository: Repository

  beforeEach(async () => {
    folder = await scratch()
    root = join(folder, 'served')
    repository = makeRepository(join(root, 'app.git'))
  })

  test('several builds at once fetch a commit once, and all get its files', async () => {
    repository.commit({ a: '1' })
    const server = await serveGit(root)
    mkdirSync(join(folder, 'locks'))
    const builds = Array.from({ length: 6 }, () =>
      fetcher(join(folder, 'cache'), { locked: openLocks(join(folder, 'locks')) }),
    )
    const trees = await Promise.all(builds.map((build) => build.fetch(`${server.origin}/app.git#main`)))
    for (const { tree } of trees) expect(await linesOf(tree)).toEqual(['644 a: 1'])
    expect(server.requests).toHaveLength(6 * 2 + 3) // ls-remote of each, and one fetch
  })

  test('an abort ends git and its helpers, and is what the caller gets', async () => {
    const pids = join(folder, 'pids')
    const PATH = wrappedGit(join(folder, 'bin'), `echo $$ >> ${pids}`)
    const controller = new AbortController()
    const { origin } = await serveWith(() => controller.abort(new Error('enough'))) // and no answer, ever
    const remotes = fetcher(join(folder, 'cache'), { env: { PATH }, signal: controller.signal })
    await expect(remotes.fetch(`${origin}/app.git`)).rejects.toThrow('enough')
    const groups = readFileSync(pids, 'utf8').trim().split('\n')
    await expect.poll(() => aliveIn(groups), { timeout: 10_000 }).toEqual([])
  })

  test('what a killed git left behind is no obstacle', async () => {
    repository.commit({ a: '1' })
    const { origin } = await serveGit(root)
    const remotes = fetcher(join(folder, 'cache'))
    await remotes.fetch(`${origin}/app.git`)
    const commit = repository.commit({ a: '2' })
    const find = (name: string) => execFileSync('find', [remotes.folder, '-name', name], { encoding: 'utf8' }).trim()
    writeFileSync(join(find('sha1.git'), 'shallow.lock'), '')
    mkdirSync(join(find('trees'), `${commit}.part/files`), { recursive: true })
    writeFileSync(join(find('trees'), `${commit}.part/files/rest`), '')
    expect(await linesOf((await remotes.fetch(`${origin}/app.git`)).tree)).toEqual(['644 a: 2'])
  })

  test('without git the error says what to install', async () => {
    const remotes = fetcher(join(folder, 'cache'), { env: { PATH: folder } })
    await expect(remotes.fetch('https://host.invalid/app.git')).rejects.toMatchObject({
      code: 'TSB_GIT_MISSING',
      hint: expect.stringContaining('apt-get install git'),
    })
  })

  test('a git that knows no settings by environment gets no credentials', async () => {
    const PATH = wrappedGit(join(folder, 'bin'), `case "$*" in *version) echo git version 2.30.2; exit;; esac`)
    const remotes = fetcher(join(folder, 'cache'), { env: { PATH }, secrets: { GIT_AUTH_TOKEN: 'x' } })
    await expect(remotes.fetch('https://host.invalid/app.git')).rejects.toMatchObject({
      code: 'TSB_GIT_MISSING',
      message: 'git version 2.30.2 is too old to be given credentials',
    })
  })

  describe('errors say what git said', () => {
    test('a repository that is not there', async () => {
      const { origin } = await serveWith(notFound)
      await expect(fetcher(join(folder, 'cache')).fetch(`${origin}/app.git`)).rejects.toMatchObject({
        code: 'TSB_GIT_NOT_FOUND',
        message: expect.stringContaining(`no git repository at ${origin}/app.git: fatal: repository`),
        hint: expect.stringContaining('GIT_AUTH_TOKEN'),
      })
    })

    test('a server that is not there', async () => {
      await expect(fetcher(join(folder, 'cache')).fetch('http://127.0.0.1:1/app.git')).rejects.toMatchObject({
        code: 'TSB_GIT_FETCH',
        message: expect.stringContaining('cannot reach http://127.0.0.1:1/app.git'),
      })
    })

    test('a server that is none of git has no branches', async () => {
      const { origin } = await serveWith((_, response) => void response.end('<html>'))
      await expect(fetcher(join(folder, 'cache')).fetch(`${origin}/app.git`)).rejects.toMatchObject({
        code: 'TSB_GIT_REF_NOT_FOUND',
      })
    })

    test('a server that fails', async () => {
      const { origin } = await serveWith((_, response) => void response.writeHead(500).end())
      await expect(fetcher(join(folder, 'cache')).fetch(`${origin}/app.git`)).rejects.toMatchObject({
        code: 'TSB_GIT_FETCH',
        message: expect.stringContaining('500'),
      })
    })
  })
})

/** Processes of these groups that have not ended. */
function aliveIn(groups: readonly string[]): readonly string[] {
  const processes = execFileSync('ps', ['-eo', 'pgid=,stat=,args='], { encoding: 'utf8' }).split('\n')
  return processes.filter((line) => {
    const [group = '', state = ''] = line.trim().split(/ +/)
    return groups.includes(group) && !state.startsWith('Z')
  })
}
