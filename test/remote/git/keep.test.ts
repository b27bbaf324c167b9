import { execFile } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { cp, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { beforeEach, describe, expect, test } from 'vitest'
import { sha256 } from '../../../src/digest/index.ts'
import type { Checkout } from '../../../src/remote/index.ts'
import { contentId, walk } from '../../../src/tree/index.ts'
import { type Fetcher, fetcher, linesOf } from '../../support/git-remotes.ts'
import { hasGit, makeRepository, noGit, type Repository, runGit } from '../../support/git-repository.ts'
import { serveGit } from '../../support/git-server.ts'
import { scratch } from '../../support/scratch.ts'

describe.skipIf(!hasGit)(`--keep-git-dir (${noGit})`, () => {
  let folder: string
  let repository: Repository
  let remotes: Fetcher
  let origin: string
  let url: string

  beforeEach(async () => {
    folder = await scratch()
    repository = makeRepository(join(folder, 'served/app.git'))
    origin = (await serveGit(join(folder, 'served'))).origin
    url = `${origin}/app.git`
    remotes = fetcher(join(folder, 'cache'))
  })

  /** The files as an image would have them, and git there. */
  const used = async (checkout: Checkout) => {
    const place = join(folder, `used-${Math.random()}`)
    for (const entry of walk(checkout.tree)) {
      if (entry.kind === 'directory') await mkdir(join(place, entry.path), { recursive: true })
      if (entry.kind === 'file' && entry.content.kind === 'host') await cp(entry.content.path, join(place, entry.path))
    }
    return Object.assign((...args: readonly string[]) => runGit(place, args), { place })
  }
  const keep = (reference: string) => remotes.fetch(reference, { keepGitDir: true })

  test('the repository has HEAD at the commit, without its history, and nothing is changed', async () => {
    repository.commit({ a: '1' })
    const commit = repository.commit({ a: '2', 'b/c': '3' })
    const git = await used(await keep(`${url}#main`))
    expect(git('rev-parse', 'HEAD')).toBe(commit)
    expect(git('status', '--porcelain')).toBe('')
    expect(git('log', '--format=%H')).toBe(commit)
    expect(git('fsck', '--full')).toBe('')
    expect(git('rev-parse', 'refs/heads/main')).toBe(commit)
  })

  test('C15 origin is the remote, without user and password, and can be fetched from', async () => {
    repository.commit({ a: '1' })
    repository.commit({ a: '2' })
    const git = await used(await keep(`${url.replace('//', '//user:secret@')}#main`))
    expect(git('remote', 'get-url', 'origin')).toBe(url)
    await promisify(execFile)('git', ['-C', git.place, 'fetch', '--quiet', '--unshallow']) // the server is in this process
    expect(git('rev-list', '--count', 'HEAD')).toBe('2')
  })

  test('a tag is there by its name: git describe knows it', async () => {
    repository.commit({ a: '1' })
    repository.git('tag', '--annotate', '--message=x', 'v1.2')
    repository.git('tag', 'light')
    const annotated = await used(await keep(`${url}#v1.2`))
    expect(annotated('describe')).toBe('v1.2')
    expect(annotated('cat-file', '-t', 'v1.2')).toBe('tag')
    expect((await used(await keep(`${url}#light`)))('describe', '--tags')).toBe('light')
  })

  test('the default branch is there by its name; a commit id has none', async () => {
    const commit = repository.commit({ a: '1' })
    expect((await used(await keep(url)))('for-each-ref', '--format=%(refname)')).toBe('refs/heads/main')
    expect((await used(await keep(`${url}#${commit}`)))('for-each-ref')).toBe('')
  })

  test('it is the same, byte for byte, however often it is made', async () => {
    repository.commit({ a: '1', 'b/c': '2' })
    const id = async (cache: string) => {
      const { tree } = await fetcher(join(folder, cache)).fetch(url, { keepGitDir: true })
      return contentId(walk(tree), (file) =>
        sha256(readFileSync(file.content.kind === 'host' ? file.content.path : '')),
      )
    }
    expect(await id('one')).toBe(await id('two'))
  })

  test('there are no hooks and no logs', async () => {
    repository.commit({ a: '1' })
    const lines = await linesOf((await keep(url)).tree)
    expect(lines.filter((line) => /hooks|logs|FETCH_HEAD|ORIG_HEAD/.test(line))).toEqual([])
  })

  test('of a subdirectory no repository is kept, as in BuildKit', async () => {
    repository.commit({ 'a/b': '1' })
    expect(await linesOf((await keep(`${url}#main:a`)).tree)).toEqual(['644 b: 1'])
  })

  test('of a repository with sha256 ids', async () => {
    const other = makeRepository(join(folder, 'served/sha256.git'), '--object-format=sha256')
    const commit = other.commit({ a: '1' })
    const git = await used(await keep(`${origin}/sha256.git`))
    expect(git('rev-parse', 'HEAD')).toBe(commit)
    expect(git('status', '--porcelain')).toBe('')
  })

  test('submodules are repositories too, below .git/modules', async () => {
    const library = makeRepository(join(folder, 'served/library.git'))
    const inner = makeRepository(join(folder, 'served/inner.git'))
    inner.commit({ i: '1' })
    library.git('-c', 'protocol.file.allow=always', 'submodule', 'add', '--quiet', inner.path, 'in')
    library.git('config', '--file', '.gitmodules', 'submodule.in.url', '../inner.git')
    const wanted = library.commit({ l: '1' })
    repository.git('-c', 'protocol.file.allow=always', 'submodule', 'add', '--quiet', library.path, 'vendor/library')
    repository.git('config', '--file', '.gitmodules', 'submodule.vendor/library.url', '../library.git')
    repository.commit({ a: '1' })
    const checkout = await keep(url)
    const git = await used(checkout)
    expect(git('status', '--porcelain')).toBe('')
    expect(git('submodule', 'status', '--recursive').split('\n')).toHaveLength(2)
    expect(git('-C', 'vendor/library', 'rev-parse', 'HEAD')).toBe(wanted)
    expect(git('-C', 'vendor/library', 'remote', 'get-url', 'origin')).toBe(`${origin}/library.git`)
    expect(git('-C', 'vendor/library/in', 'status', '--porcelain')).toBe('')
    const files = (await linesOf(checkout.tree)).map((line) => line.split(' ')[1])
    expect(files).toContain('.git/modules/vendor/library/modules/in/HEAD:')
    expect(existsSync(join(repository.path, '.git/config'))).toBe(true)
  })
})
