import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, describe, expect, test } from 'vitest'
import type { GitOp } from '../../../src/graph/index.ts'
import { type Budget, readContents } from '../../../src/remote/git/contents.ts'
import { gitProgram } from '../../../src/remote/git/program.ts'
import { openRemotes } from '../../../src/remote/index.ts'
import { type Fetcher, fetcher, linesOf } from '../../support/git-remotes.ts'
import { hasGit, makeRepository, noGit, type Repository, runGit } from '../../support/git-repository.ts'
import { type GitServer, serveFiles, serveGit } from '../../support/git-server.ts'
import { scratch } from '../../support/scratch.ts'

/** Each of these would make this file when it had its way. */
const payload = (ran: string) => `x:#!/bin/sh\ntouch ${ran}\n`

describe.skipIf(!hasGit)(`repositories that mean harm (${noGit})`, () => {
  let folder: string
  let ran: string
  let repository: Repository
  let server: GitServer
  let remotes: Fetcher
  let url: string

  beforeEach(async () => {
    folder = await scratch()
    ran = join(folder, 'ran')
    repository = makeRepository(join(folder, 'served/app.git'))
    server = await serveGit(join(folder, 'served'))
    remotes = fetcher(join(folder, 'cache'))
    url = `${server.origin}/app.git`
  })

  const code = async (reference: string, flags = {}) => {
    const error = await remotes.fetch(reference, flags).then(
      () => undefined,
      (problem) => problem,
    )
    expect(existsSync(ran)).toBe(false)
    return error?.code
  }
  /** Makes a tree that git itself would not make. */
  const commitTree = (...entries: readonly (readonly [mode: string, name: string, id: string])[]) => {
    const bytes = entries.map(([mode, name, id]) => [Buffer.from(`${mode} ${name}\0`), Buffer.from(id, 'hex')])
    const place = join(folder, 'tree')
    writeFileSync(place, Buffer.concat(bytes.flat()))
    const tree = repository.git('hash-object', '-t', 'tree', '-w', '--literally', place)
    repository.git('update-ref', 'refs/heads/main', repository.git('commit-tree', '-m', 'x', tree))
  }
  const blob = (text: string) => runGit(repository.path, ['hash-object', '-w', '--stdin'], text)
  /** A submodule with these settings, whose commit is that of a harmless repository. */
  const withSubmodule = (path: string, gitmodules: string, more: Readonly<Record<string, string>> = {}) => {
    const library = makeRepository(join(folder, 'served/library.git'))
    const commit = library.commit({ 'hooks/post-checkout': payload(ran), l: '1' })
    repository.commit({ '.gitmodules': gitmodules, ...more })
    repository.git('update-index', '--add', '--cacheinfo', `160000,${commit},${path}`)
    repository.git('commit', '--quiet', '--message=x')
  }

  describe('C09 a subdirectory that is outside', () => {
    test('by way of a link', async () => {
      repository.commit({ l: '-> /etc', 'd/e': '', m: '-> d' })
      for (const folder of ['l', 'm', 'l/ssl']) expect(await code(`${url}#main:${folder}`)).toBe('TSB_GIT_SUBDIR')
    })

    test('by way of ..', async () => {
      repository.commit({ a: '' })
      expect(await code(`${url}#main:../..`)).toBe('TSB_GIT_SUBDIR')
      expect(await code(`${url}?subdir=../..`)).toBe('TSB_GIT_SUBDIR')
    })
  })

  describe('C10 parts that git or ssh would take for options', () => {
    const fetchOp = (op: Partial<GitOp> & Pick<GitOp, 'remote'>) => {
      const { git } = openRemotes({
        folder: join(folder, 'cache'),
        secret: async () => undefined,
        agent: async () => '/nonexistent',
        env: { PATH: process.env['PATH'] },
        locked: (_, work) => work(),
        notice: () => undefined,
        now: () => 0,
        temporary: async () => join(folder, 'temporary'),
      })
      const whole = { kind: 'git', keepGitDir: false, submodules: true, mtime: 'checkout', ...op } as const
      return git(whole, undefined, new AbortController().signal).catch((problem) => problem.code)
    }

    test('are refused where they are fetched, too', async () => {
      for (const remote of [
        `git@h:--upload-pack=touch ${ran}`,
        `ssh://-oProxyCommand=touch%20${encodeURIComponent(ran)}/x`,
        `ssh://%2doProxyCommand=x/x`,
        '-u@host:x',
      ]) {
        expect(await fetchOp({ remote })).toBe('TSB_GIT_ARG')
      }
      expect(existsSync(ran)).toBe(false)
    })

    test('a ref with a dash is a name that is not there', async () => {
      repository.commit({ a: '' })
      expect(await fetchOp({ remote: url, ref: `--upload-pack=touch ${ran}` })).toBe('TSB_GIT_REF_NOT_FOUND')
      expect(existsSync(ran)).toBe(false)
    })

    test('a path of this machine, a file: URL and helpers are no remotes', async () => {
      repository.commit({ a: '' })
      for (const remote of [repository.path, `file://${repository.path}`, `ext::sh -c "touch ${ran}"`, 'fd::7']) {
        expect(await fetchOp({ remote })).toBe('TSB_GIT_PROTOCOL')
      }
    })
  })

  test('C11 a default branch or a tag that is named like an option is refused', async () => {
    const commit = repository.commit({ a: '' })
    repository.git('update-ref', `refs/heads/--exec=touch`, commit)
    repository.git('update-ref', 'refs/heads/x/--exec=touch', commit)
    repository.git('symbolic-ref', 'HEAD', 'refs/heads/--exec=touch')
    expect(await code(url)).toBe('TSB_GIT_ARG')
    expect(await code(`${url}#x/--exec=touch`)).toBe('TSB_GIT_ARG')
  })

  test('a server that says of a tag that it is another commit does not get that commit replaced', async () => {
    const first = repository.commit({ a: 'first' })
    const second = repository.commit({ a: 'second' })
    repository.git('tag', '--annotate', '--message=x', 'v1')
    const tag = repository.git('rev-parse', 'v1')
    const bare = join(folder, 'served/bare.git')
    runGit(folder, ['clone', '--quiet', '--bare', repository.path, bare])
    runGit(bare, ['update-server-info'])
    writeFileSync(join(bare, 'info/refs'), `${tag}\trefs/tags/v1\n${first}\trefs/tags/v1^{}\n`)
    const plain = `${(await serveFiles(join(folder, 'served'))).origin}/bare.git`
    expect((await remotes.fetch(`${plain}#v1`)).commit).toBe(second)
    expect(await linesOf((await remotes.fetch(`${plain}#${first}`)).tree)).toEqual(['644 a: first'])
  })

  describe('C12 submodules', () => {
    const section = (path: string, url = '../library.git') => `\tpath = ${path}\n\turl = ${url}\n`

    test.each(['../../evil', '..', 'a/../../b', '', '-x', 'a\\nb'])('named "%s" (CVE-2018-11235)', async (name) => {
      withSubmodule('lib', `[submodule "${name}"]\n${section('lib')}`, { 'evil/hooks/post-checkout': payload(ran) })
      const expected = name === 'a\\nb' ? undefined : 'TSB_GIT_SUBMODULE' // git reads \n as the letter n
      expect(await code(url, { keepGitDir: true })).toBe(expected)
    })

    test('whose path is a link into .git, by its case (CVE-2024-32002)', async () => {
      withSubmodule('A/modules/x', `[submodule "x/y"]\n${section('A/modules/x')}`, {
        a: '-> .git',
        'y/hooks/post-checkout': payload(ran),
      })
      expect(await code(url, { keepGitDir: true })).toBeUndefined()
    })

    test('whose path is below a link: nothing is written where it leads', async () => {
      const library = makeRepository(join(folder, 'served/library.git')).commit({ l: '1' })
      const inner = runGit(repository.path, ['mktree'], `160000 commit ${library}\tx\n`)
      const modules = blob(`[submodule "x"]\n${section('a/x')}`)
      commitTree(['100644', '.gitmodules', modules], ['120000', 'a', blob(folder)], ['40000', 'a', inner])
      await code(url)
      expect(existsSync(join(folder, 'x'))).toBe(false)
    })

    test('whose path ends in a carriage return (CVE-2025-48384)', async () => {
      withSubmodule('sub\r', `[submodule "sub"]\n\tpath = "sub\r"\n\turl = ../library.git\n`, {
        sub: '-> .git/modules/sub/hooks',
      })
      expect(await code(url, { keepGitDir: true })).toBeUndefined()
      expect(await linesOf((await remotes.fetch(url)).tree)).toContain('644 sub\r/l: 1')
    })

    test.each([
      `ssh://-oProxyCommand=touch%20RAN/x`, // CVE-2017-1000117
      '-u./payload', // CVE-2018-17456
      `ext::sh -c touch% RAN`,
      'https://host/%0ahost=evil/x.git', // CVE-2020-5260
    ])('at %s', async (address) => {
      withSubmodule('lib', `[submodule "lib"]\n${section('lib', address.replace('RAN', ran))}`, {
        payload: payload(ran),
      })
      expect(await code(url)).toMatch(/^TSB_GIT_(SUBMODULE|ARG|AUTH)$/)
    })

    test('that say how they are updated (CVE-2019-19604)', async () => {
      withSubmodule('lib', `[submodule "lib"]\n${section('lib')}\tupdate = !touch ${ran}\n`)
      expect(await code(url)).toBeUndefined()
    })

    test('whose .gitmodules is a link', async () => {
      const modules = blob(`[submodule "lib"]\n${section('lib')}`)
      const links = [['120000', '.gitmodules', blob('modules')] as const, ['160000', 'lib', '1'.repeat(40)] as const]
      commitTree(...links, ['100644', 'modules', modules])
      expect(await code(url)).toBe('TSB_GIT_SUBMODULE')
    })

    test('whose .gitmodules includes other files', async () => {
      const secret = join(folder, 'secret')
      writeFileSync(secret, `[submodule "lib"]\n${section('lib')}`)
      withSubmodule('lib', `[include]\n\tpath = ${secret}\n`)
      expect(await code(url)).toBe('TSB_GIT_SUBMODULE')
    })

    test('that take the place of one another, when repositories are kept', async () => {
      const library = makeRepository(join(folder, 'served/library.git')).commit({ l: '1' })
      const sections = `[submodule "a"]\n${section('a')}[submodule "a/hooks"]\n${section('b')}`
      repository.commit({ '.gitmodules': sections })
      for (const path of ['a', 'b']) repository.git('update-index', '--add', '--cacheinfo', `160000,${library},${path}`)
      repository.git('commit', '--quiet', '--message=x')
      expect(await code(url, { keepGitDir: true })).toBe('TSB_GIT_SUBMODULE')
      expect(await code(url)).toBeUndefined()
    })
  })

  test.each(['file', 'plain'])(
    'C13 a submodule on this machine, as a %s path, is refused (CVE-2022-39253)',
    async (kind) => {
      withSubmodule(
        'lib',
        `[submodule "lib"]\n\tpath = lib\n\turl = ${kind === 'file' ? 'file://' : ''}${folder}/served/library.git\n`,
      )
      expect(await code(url)).toBe('TSB_GIT_SUBMODULE')
    },
  )

  describe('what a repository cannot have done', () => {
    test('hooks, filters and merge drivers of its files are never run', async () => {
      repository.commit({
        '.gitattributes': '* filter=evil diff=evil merge=evil\n',
        '.gitconfig': `[filter "evil"]\n\tsmudge = touch ${ran}\n`,
        config: `[core]\n\tfsmonitor = touch ${ran}\n`,
        'hooks/post-checkout': payload(ran),
      })
      expect(await code(url)).toBeUndefined()
      expect(await code(url, { keepGitDir: true })).toBeUndefined()
    })

    test('a tree with .git, .. or a slash in a name is refused', async () => {
      const hook = blob(`#!/bin/sh\ntouch ${ran}\n`)
      for (const name of ['.git', '.GIT', '..', 'a/../../x', '/abs']) {
        commitTree(['100755', name, hook])
        expect(await code(url, { keepGitDir: true })).toBeDefined()
      }
    })

    test('a name that is a link and a folder at once writes nothing outside', async () => {
      mkdirSync(join(folder, 'outside'))
      const inner = runGit(repository.path, ['mktree'], `100644 blob ${blob('evil')}\tx\n`)
      commitTree(['120000', 'a', blob(join(folder, 'outside'))], ['40000', 'a', inner])
      await code(url)
      expect(existsSync(join(folder, 'outside/x'))).toBe(false)
    })

    test('a commit of few objects and very many files is refused before anything is written', async () => {
      let tree = runGit(repository.path, ['mktree'], `100644 blob ${blob('x')}\tx\n`)
      for (let level = 0; level < 5; level++) {
        const lines = Array.from({ length: 10 }, (_, index) => `40000 tree ${tree}\t${index}\n`)
        tree = runGit(repository.path, ['mktree'], lines.join(''))
      }
      const program = gitProgram(folder, { PATH: process.env['PATH'] ?? '' }, new AbortController().signal)
      const budget: Budget = { entries: 1000, bytes: 1000 }
      const commit = repository.git('commit-tree', '-m', 'x', tree)
      const gitDir = join(repository.path, '.git')
      await expect(readContents(program, gitDir, commit, budget, url)).rejects.toMatchObject({
        code: 'TSB_GIT_TOO_LARGE',
      })
    })
  })

  describe('what the machine and the user have set', () => {
    test('settings of git and variables have no effect', async () => {
      repository.commit({ a: '1' })
      const home = join(folder, 'home')
      mkdirSync(home)
      writeFileSync(join(home, '.gitconfig'), `[url "https://evil.invalid/"]\n\tinsteadOf = http://\n`)
      const env = {
        HOME: home,
        XDG_CONFIG_HOME: home,
        GIT_DIR: '/nonexistent',
        GIT_SSH_COMMAND: `touch ${ran}`,
        GIT_PROXY_COMMAND: `touch ${ran}`,
        GIT_EXEC_PATH: '/nonexistent',
        GIT_CONFIG_GLOBAL: join(home, '.gitconfig'),
        LD_PRELOAD: '/nonexistent',
      }
      const { tree } = await fetcher(join(folder, 'other'), { env }).fetch(url)
      expect(await linesOf(tree)).toEqual(['644 a: 1'])
    })

    test('a repository around the cache has no effect', async () => {
      repository.commit({ a: '1' })
      const around = makeRepository(join(folder, 'around'))
      around.git('config', 'url.https://evil.invalid/.insteadOf', 'http://')
      const { tree } = await fetcher(join(around.path, 'cache')).fetch(url)
      expect(await linesOf(tree)).toEqual(['644 a: 1'])
    })
  })
})
