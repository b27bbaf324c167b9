import { join } from 'node:path'
import { beforeEach, describe, expect, test } from 'vitest'
import { parseAddress } from '../../../src/remote/git/address.ts'
import { submodulePlace } from '../../../src/remote/git/submodule-place.ts'
import { type Fetcher, fetcher, linesOf } from '../../support/git-remotes.ts'
import { hasGit, makeRepository, noGit, type Repository } from '../../support/git-repository.ts'
import { type GitServer, serveGit } from '../../support/git-server.ts'
import { scratch } from '../../support/scratch.ts'

describe.skipIf(!hasGit)(`submodules (${noGit})`, () => {
  let app: Repository
  let library: Repository
  let server: GitServer
  let remotes: Fetcher
  let url: string

  beforeEach(async () => {
    const folder = await scratch()
    app = makeRepository(join(folder, 'served/app.git'))
    library = makeRepository(join(folder, 'served/library.git'))
    server = await serveGit(join(folder, 'served'))
    remotes = fetcher(join(folder, 'cache'))
    url = `${server.origin}/app.git`
  })

  /** Puts a commit of another repository into this one, by its id alone. */
  const addLink = (repository: Repository, path: string, commit: string, gitmodules: string) => {
    repository.git('update-index', '--add', '--cacheinfo', `160000,${commit},${path}`)
    repository.commit({ [path]: null, '.gitmodules': gitmodules })
    repository.git('update-index', '--add', '--cacheinfo', `160000,${commit},${path}`)
    repository.git('commit', '--quiet', '--amend', '--no-edit')
  }
  const section = (name: string, lines: string) => `[submodule "${name}"]\n\tpath = ${name}\n${lines}\n`

  test('are fetched at their commit, also those in submodules, and without their .git', async () => {
    const wanted = library.commit({ l: '1' })
    library.commit({ l: '2' })
    const middle = makeRepository(join(app.path, '../middle.git'))
    middle.commit({ m: '1' })
    addLink(middle, 'lib', wanted, section('lib', `url = ${server.origin}/library.git`))
    addLink(app, 'vendor/middle', middle.git('rev-parse', 'HEAD'), section('vendor/middle', 'url = ../middle.git'))
    const lines = await linesOf((await remotes.fetch(url)).tree)
    expect(lines.slice(1)).toEqual([
      '755 vendor/',
      '755 vendor/middle/',
      expect.stringContaining('vendor/middle/.gitmodules'),
      '755 vendor/middle/lib/',
      '644 vendor/middle/lib/l: 1',
      '644 vendor/middle/m: 1',
    ])
  })

  test('submodules=false leaves their directories empty', async () => {
    addLink(app, 'lib', library.commit({ l: '1' }), section('lib', 'url = ../library.git'))
    expect(await linesOf((await remotes.fetch(`${url}?submodules=false`)).tree)).toContain('755 lib/')
    expect(server.requests.filter(({ path }) => path.includes('library'))).toEqual([])
    expect(await linesOf((await remotes.fetch(url)).tree)).toContain('644 lib/l: 1')
  })

  test('one with update = none is left out', async () => {
    addLink(app, 'lib', library.commit({ l: '1' }), section('lib', 'url = ../library.git\nupdate = none'))
    expect(await linesOf((await remotes.fetch(url)).tree)).toContain('755 lib/')
  })

  test('two repositories that name each other are no endless way', async () => {
    const first = app.commit({ a: '1' })
    addLink(library, 'app', first, section('app', 'url = ../app.git'))
    addLink(app, 'lib', library.git('rev-parse', 'HEAD'), section('lib', 'url = ../library.git'))
    expect(await linesOf((await remotes.fetch(url)).tree)).toContain('644 lib/app/a: 1')
  })

  test('one that .gitmodules does not name is an error', async () => {
    addLink(app, 'lib', library.commit({ l: '1' }), section('libs', 'url = ../library.git'))
    await expect(remotes.fetch(url)).rejects.toMatchObject({
      code: 'TSB_GIT_SUBMODULE',
      message: `No url found for submodule path 'lib' in .gitmodules (named by ${url})`,
      hint: 'did you mean "libs"?',
    })
  })

  test('a commit that the submodule does not have is an error that names both', async () => {
    addLink(app, 'lib', '1'.repeat(40), section('lib', 'url = ../library.git'))
    library.commit({ l: '1' })
    await expect(remotes.fetch(url)).rejects.toMatchObject({
      code: 'TSB_GIT_REF_NOT_FOUND',
      message: expect.stringContaining(`${server.origin}/library.git`),
    })
  })
})

describe('the address of a submodule', () => {
  const placeIn = (remote: string, url: string) => {
    const base = parseAddress(remote)
    if (!base) throw new Error(remote)
    return submodulePlace(url, 'name', base)
  }

  test.each([
    ['https://host/org/app.git', '../lib.git', 'https://host/org/lib.git'],
    ['https://host/org/app.git/', '../../other/lib.git', 'https://host/other/lib.git'],
    ['https://host/org/app', './lib', 'https://host/org/app/lib'],
    ['git@host:org/app.git', '../lib.git', 'git@host:org/lib.git'],
    ['git@host:org/app.git', '../../lib.git', 'git@host:lib.git'],
    ['ssh://git@host:22/org/app.git', '../lib.git', 'ssh://git@host:22/org/lib.git'],
  ])('in %s, %s is %s', (remote, url, expected) => {
    expect(placeIn(remote, url)).toEqual({ remote: expected, relative: true })
  })

  test.each([
    ['https://host/org/app.git', '../../../lib.git'],
    ['git@host:org/app.git', '../../../lib.git'],
    ['https://host/app.git', '/srv/lib.git'],
    ['https://host/app.git', 'file:///srv/lib.git'],
    ['https://host/app.git', 'ext::sh -c touch% /tmp/x'],
    ['https://host/app.git', 'http://host/lib.git'],
    ['https://host/app.git', 'git://host/lib.git'],
    ['git://host/app.git', 'http://host/lib.git'],
  ])('in %s, %s is refused', (remote, url) => {
    expect(() => placeIn(remote, url)).toThrow(expect.objectContaining({ code: 'TSB_GIT_SUBMODULE' }))
  })

  test('a login in it is no part of the remote', () => {
    expect(placeIn('https://host/app.git', 'https://u%40x:p@other/lib.git')).toEqual({
      remote: 'https://other/lib.git',
      login: { user: 'u@x', password: 'p' },
      relative: false,
    })
  })
})
