import { execFileSync } from 'node:child_process'
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, describe, expect, test } from 'vitest'
import { walk } from '../../../src/tree/index.ts'
import { type Fetcher, fetcher, linesOf, textOf, wrappedGit } from '../../support/git-remotes.ts'
import { commitTime, hasGit, makeRepository, noGit, type Repository } from '../../support/git-repository.ts'
import { serveGit } from '../../support/git-server.ts'
import { scratch } from '../../support/scratch.ts'

describe.skipIf(!hasGit)(`the files of a commit (${noGit})`, () => {
  let folder: string
  let repository: Repository
  let remotes: Fetcher
  let url: string

  beforeEach(async () => {
    folder = await scratch()
    repository = makeRepository(join(folder, 'served/app.git'))
    url = `${(await serveGit(join(folder, 'served'))).origin}/app.git`
    remotes = fetcher(join(folder, 'cache'))
  })

  const files = { 'a.txt': 'text', 'bin/run': 'x:#!/bin/sh', 'bin/link': '-> ../a.txt', out: '-> /etc/passwd' }
  const lines = [
    '644 a.txt: text',
    '755 bin/',
    '777 bin/link -> ../a.txt',
    '755 bin/run: #!/bin/sh',
    '777 out -> /etc/passwd',
  ]

  test('files are 0644 or 0755, directories 0755, links stay, all belong to 0:0, and .git is not among them', async () => {
    repository.commit(files)
    const { tree } = await remotes.fetch(url)
    expect(await linesOf(tree)).toEqual(lines)
    for (const entry of walk(tree)) expect([entry.uid, entry.gid]).toEqual([0, 0])
  })

  test('J14 the umask of the caller changes nothing', async () => {
    repository.commit(files)
    const PATH = wrappedGit(join(folder, 'bin'), 'umask 077')
    const { tree } = await fetcher(join(folder, 'other'), { env: { PATH } }).fetch(url)
    expect(await linesOf(tree)).toEqual(lines)
  })

  test('times are those of the fetching, or with mtime=commit that of the commit', async () => {
    repository.commit(files)
    const fetched = await remotes.fetch(url)
    expect(fetched.time).toBe(commitTime)
    for (const { mtime } of walk(fetched.tree)) expect(mtime).toBeGreaterThan(commitTime)
    const { tree } = await remotes.fetch(`${url}?mtime=commit`)
    for (const { mtime } of walk(tree)) expect(mtime).toBe(commitTime)
  })

  test('a commit without files', async () => {
    repository.commit({})
    expect(await linesOf((await remotes.fetch(url)).tree)).toEqual([])
  })

  test('names that are not UTF-8', async () => {
    const place = Buffer.concat([Buffer.from(`${repository.path}/`), Buffer.from([0x61, 0xff])])
    writeFileSync(place, 'odd')
    repository.commit({})
    const [entry] = walk((await remotes.fetch(url)).tree)
    expect(entry).toMatchObject({ kind: 'file', size: 3 })
  })

  test('line ends are those that .gitattributes asks for, as git writes them', async () => {
    repository.commit({ '.gitattributes': '*.bat text eol=crlf\n', 'a.bat': 'one\ntwo\n' })
    expect(await textOf((await remotes.fetch(url)).tree, 'a.bat')).toBe('one\r\ntwo\r\n')
  })

  test('files of LFS are the pointers that the commit has', async () => {
    repository.commit({ '.gitattributes': '*.bin filter=lfs diff=lfs merge=lfs -text\n', 'a.bin': 'version 1' })
    expect(await textOf((await remotes.fetch(url)).tree, 'a.bin')).toBe('version 1')
  })

  test.each(['', 'null', '{"commit":'])('a checkout whose note was damaged to %j is made again', async (damage) => {
    repository.commit({ a: '1' })
    await remotes.fetch(url)
    const find = ['find', [remotes.folder, '-name', 'commit.json']] as const
    const [note = ''] = execFileSync(...find, { encoding: 'utf8' }).split('\n')
    writeFileSync(note, damage)
    expect(await linesOf((await fetcher(join(folder, 'cache')).fetch(url)).tree)).toEqual(['644 a: 1'])
  })

  test('a checkout that was deleted is made again from what was fetched', async () => {
    const commit = repository.commit({ a: '1' })
    await remotes.fetch(url)
    const [trees = ''] = execFileSync('find', [remotes.folder, '-name', 'trees'], { encoding: 'utf8' }).split('\n')
    rmSync(join(trees, commit), { recursive: true })
    rmSync(repository.path, { recursive: true })
    expect(await linesOf((await remotes.fetch(`${url}#${commit}`)).tree)).toEqual(['644 a: 1'])
  })

  describe('a subdirectory', () => {
    test('is the root of the tree', async () => {
      repository.commit({ 'a/b/c': 'deep', 'a/b/up': '-> ../../d', d: 'top' })
      const { tree } = await remotes.fetch(`${url}#main:a/b`)
      expect(await linesOf(tree)).toEqual(['644 c: deep', '777 up -> ../../d'])
      expect(await linesOf((await remotes.fetch(`${url}?subdir=/a/`)).tree)).toContain('644 b/c: deep')
    })

    test('that is not there: the nearest name', async () => {
      repository.commit({ 'services/api/a': '' })
      await expect(remotes.fetch(`${url}#main:services/apo`)).rejects.toMatchObject({
        code: 'TSB_GIT_SUBDIR',
        message: `there is no services/apo in the repository: ${url}`,
        hint: 'did you mean "services/api"?',
      })
    })

    test('may not be a file', async () => {
      repository.commit({ a: '' })
      await expect(remotes.fetch(`${url}#main:a`)).rejects.toMatchObject({ code: 'TSB_GIT_SUBDIR' })
    })
  })
})
