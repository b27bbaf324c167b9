import { join } from 'node:path'
import { beforeEach, describe, expect, test } from 'vitest'
import { type Fetcher, fetcher } from '../../support/git-remotes.ts'
import { hasGit, makeRepository, noGit, type Repository } from '../../support/git-repository.ts'
import { type GitServer, serveGit } from '../../support/git-server.ts'
import { scratch } from '../../support/scratch.ts'

describe.skipIf(!hasGit)(`which commit a ref is (${noGit})`, () => {
  let repository: Repository
  let server: GitServer
  let remotes: Fetcher
  let url: string

  beforeEach(async () => {
    const folder = await scratch()
    repository = makeRepository(join(folder, 'served/app.git'))
    server = await serveGit(join(folder, 'served'))
    remotes = fetcher(join(folder, 'cache'))
    url = `${server.origin}/app.git`
  })

  const commitOf = async (reference: string) => (await remotes.fetch(reference)).commit

  test('no ref is the branch that HEAD of the remote names', async () => {
    repository.commit({ a: 'main' })
    repository.git('checkout', '--quiet', '-b', 'trunk')
    const trunk = repository.commit({ a: 'trunk' })
    expect(await commitOf(url)).toBe(trunk)
    expect(await commitOf(`${url}#HEAD`)).toBe(trunk)
  })

  test('a branch, a tag, and their full names', async () => {
    const first = repository.commit({ a: '1' })
    repository.git('tag', 'v1')
    const second = repository.commit({ a: '2' })
    expect(await commitOf(`${url}#main`)).toBe(second)
    expect(await commitOf(`${url}#refs/heads/main`)).toBe(second)
    expect(await commitOf(`${url}#v1`)).toBe(first)
    expect(await commitOf(`${url}?tag=v1`)).toBe(first)
    expect(await commitOf(`${url}#tags/v1`)).toBe(first)
  })

  test('an annotated tag is the commit it is of, also by way of another tag', async () => {
    const commit = repository.commit({ a: '1' })
    repository.git('tag', '--annotate', '--message=x', 'v1')
    repository.git('tag', '--annotate', '--message=y', 'again', 'v1')
    repository.commit({ a: '2' })
    expect(await commitOf(`${url}#v1`)).toBe(commit)
    expect(await commitOf(`${url}#again`)).toBe(commit)
    expect(await commitOf(`${url}#${repository.git('rev-parse', 'v1')}`)).toBe(commit)
  })

  test('a branch comes before a tag of the same name', async () => {
    repository.commit({ a: '1' })
    repository.git('tag', 'main')
    const branch = repository.commit({ a: '2' })
    expect(await commitOf(`${url}#main`)).toBe(branch)
  })

  test('a name is the whole name: feature/main is not main', async () => {
    const main = repository.commit({ a: '1' })
    repository.git('checkout', '--quiet', '-b', 'feature/main')
    repository.commit({ a: '2' })
    expect(await commitOf(`${url}#main`)).toBe(main)
  })

  test('a ref that is neither branch nor tag is named below refs/', async () => {
    repository.commit({ a: '1' })
    const pull = repository.commit({ a: '2' })
    repository.git('update-ref', 'refs/pull/7/head', pull)
    repository.git('reset', '--quiet', '--hard', 'HEAD~')
    expect(await commitOf(`${url}#refs/pull/7/head`)).toBe(pull)
    expect(await commitOf(`${url}#pull/7/head`)).toBe(pull)
  })

  test('a full commit id needs no branch at its tip', async () => {
    const first = repository.commit({ a: '1' })
    repository.commit({ a: '2' })
    expect(await commitOf(`${url}#${first}`)).toBe(first)
  })

  test('a server of the first protocol gives out a commit with the branch that leads to it', async () => {
    const first = repository.commit({ a: '1' })
    const second = repository.commit({ a: '2' })
    const old = await serveGit(join(repository.path, '..'), { env: { GIT_PROTOCOL: '' } })
    await remotes.fetch(`${old.origin}/app.git#${second}`)
    expect(await commitOf(`${old.origin}/app.git#${first}`)).toBe(first)
  })

  test('a repository with sha256 ids', async () => {
    const other = makeRepository(join(repository.path, '../sha256.git'), '--object-format=sha256')
    const commit = other.commit({ a: '1' })
    expect(commit).toHaveLength(64)
    expect(await commitOf(`${server.origin}/sha256.git#main`)).toBe(commit)
    expect(await commitOf(`${server.origin}/sha256.git#${commit}`)).toBe(commit)
  })

  test('fetch-by-commit takes the checksum, wherever the ref points', async () => {
    const first = repository.commit({ a: '1' })
    repository.commit({ a: '2' })
    const { commit } = await remotes.fetch(`${url}?fetch-by-commit&checksum=${first}#refs/heads/main`)
    expect(commit).toBe(first)
    await expect(remotes.fetch(`${url}?fetch-by-commit&checksum=abc#main`)).rejects.toMatchObject({
      code: 'TSB_GIT_REFERENCE',
    })
  })

  describe('what is asked of the server', () => {
    const asked = () => server.requests.splice(0).map(({ method, path }) => `${method} ${path}`)

    test('an unchanged ref costs one ls-remote, a full commit id nothing', async () => {
      const commit = repository.commit({ a: '1' })
      await remotes.fetch(`${url}#main`)
      asked()
      await remotes.fetch(`${url}#main`)
      expect(asked()).toEqual([
        'GET /app.git/info/refs?service=git-upload-pack',
        'POST /app.git/git-upload-pack', // the list of refs
      ])
      await remotes.fetch(`${url}#${commit}`)
      expect(asked()).toEqual([])
    })

    test('a commit that came by another ref is not fetched again', async () => {
      repository.commit({ a: '1' })
      await remotes.fetch(`${url}#main`)
      repository.git('branch', 'same')
      asked()
      await remotes.fetch(`${url}#same`)
      expect(asked()).toHaveLength(2)
    })

    test('a ref that moved is fetched again', async () => {
      const first = repository.commit({ a: '1' })
      expect(await commitOf(`${url}#main`)).toBe(first)
      const second = repository.commit({ a: '2' })
      expect(await commitOf(`${url}#main`)).toBe(second)
    })

    test('branches that became folders are no obstacle', async () => {
      repository.commit({ a: '1' })
      repository.git('branch', 'topic')
      await remotes.fetch(`${url}#topic`)
      repository.git('branch', '--delete', 'topic')
      repository.commit({ a: '2' })
      repository.git('branch', 'topic/one')
      expect(await commitOf(`${url}#topic/one`)).toBe(repository.git('rev-parse', 'main'))
    })
  })

  describe('errors', () => {
    test('a ref that is not there: the nearest names', async () => {
      repository.commit({ a: '1' })
      repository.git('branch', 'release')
      await expect(remotes.fetch(`${url}#relaese`)).rejects.toMatchObject({
        code: 'TSB_GIT_REF_NOT_FOUND',
        message: `repository does not contain ref relaese: ${url}`,
        hint: 'did you mean "release"?',
      })
      await expect(remotes.fetch(`${url}#zzz`)).rejects.toMatchObject({ hint: 'it has main, release' })
    })

    test('a short commit id is no ref, as in BuildKit', async () => {
      const commit = repository.commit({ a: '1' })
      await expect(remotes.fetch(`${url}#${commit.slice(0, 8)}`)).rejects.toMatchObject({
        code: 'TSB_GIT_REF_NOT_FOUND',
        hint: 'a commit id has to be written in full',
      })
    })

    test('a commit that the repository does not have', async () => {
      repository.commit({ a: '1' })
      await expect(remotes.fetch(`${url}#${'0123456789'.repeat(4)}`)).rejects.toMatchObject({
        code: 'TSB_GIT_REF_NOT_FOUND',
      })
    })

    test('an empty repository has no default branch', async () => {
      await expect(remotes.fetch(url)).rejects.toMatchObject({
        code: 'TSB_GIT_REF_NOT_FOUND',
        message: `could not find default branch for repository: ${url}`,
      })
    })
  })

  describe('--checksum', () => {
    test('a commit id or its beginning, in either case', async () => {
      const commit = repository.commit({ a: '1' })
      for (const checksum of [commit, commit.slice(0, 7), commit.toUpperCase()]) {
        expect((await remotes.fetch(`${url}#main`, { checksum })).commit).toBe(commit)
      }
    })

    test('of an annotated tag, the id of the tag or that of its commit', async () => {
      const commit = repository.commit({ a: '1' })
      repository.git('tag', '--annotate', '--message=x', 'v1')
      for (const checksum of [commit, repository.git('rev-parse', 'v1')]) {
        expect((await remotes.fetch(`${url}#v1`, { checksum })).commit).toBe(commit)
      }
    })

    test('another commit is an error, before anything is fetched', async () => {
      const first = repository.commit({ a: '1' })
      const second = repository.commit({ a: '2' })
      await expect(remotes.fetch(`${url}?checksum=${first}#main`)).rejects.toMatchObject({
        code: 'TSB_GIT_CHECKSUM',
        message: `expected checksum to match ${first}, got ${second}: ${url}`,
      })
      expect(server.requests).toHaveLength(2)
      await expect(remotes.fetch(`${url}#${second}`, { checksum: first })).rejects.toThrow('expected checksum')
    })
  })
})
