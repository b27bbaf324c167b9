import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { getuid } from 'node:process'
import { describe, expect, it } from 'vitest'
import { openBadWorkspace } from '../support/bad-input.ts'
import { hasBusyboxBase, noBusyboxBase } from '../support/busybox-base.ts'
import { type Ran, tsbuild } from '../support/command-line.ts'

const able = getuid?.() === 0 && hasBusyboxBase
const ranSteps = ({ stderr }: Ran) => [...stderr.matchAll(/^#(\d+) [\d.]+ ran \w+$/gm)].length

describe.skipIf(!able)(`several builds at once in one store (${hasBusyboxBase ? 'needs root' : noBusyboxBase})`, () => {
  it('the same step runs once, and all get the same image', async () => {
    await using workspace = await openBadWorkspace()
    workspace.write({
      Dockerfile:
        'FROM busybox\nRUN sleep 1; echo ran one; cat /proc/sys/kernel/random/uuid > /one\nRUN echo ran two; cp /one /two\n',
    })
    const builds = ['a', 'b', 'c'].map((tag) =>
      tsbuild(workspace, '--progress=plain', '-f', 'Dockerfile', '-t', tag, 'context'),
    )
    const ran = await Promise.all(builds)
    expect(ran.map(({ status }) => status)).toEqual([0, 0, 0])
    expect(ran.reduce((sum, each) => sum + ranSteps(each), 0)).toBe(2)
    const ids = await tsbuild(workspace, 'images', '--format', '{{.Repository}} {{.ID}}')
    const built = ids.stdout.split('\n').filter((line) => /^[abc] /.test(line))
    expect(built).toHaveLength(3)
    expect(new Set(built.map((line) => line.slice(2))).size).toBe(1)
  })

  it('different builds and commands do not disturb each other', async () => {
    await using workspace = await openBadWorkspace()
    const names = ['a', 'b', 'c', 'd']
    workspace.write(Object.fromEntries(names.map((name) => [name, `FROM busybox\nRUN echo ${name} > /name\n`])))
    const builds = names.map((name) =>
      tsbuild(workspace, '-q', '-f', name, '-t', name, '-o', `type=oci,dest=${name}.tar`, 'context'),
    )
    const others = ['images', 'history busybox', 'tag busybox other', 'rmi other'].map((line) =>
      tsbuild(workspace, ...line.split(' ')),
    )
    const ran = await Promise.all([...builds, ...others])
    expect(ran.slice(0, 4).map(({ status, stderr }) => ({ status, stderr }))).toEqual(
      names.map(() => ({ status: 0, stderr: '' })),
    )
    const listed = await tsbuild(workspace, 'images', '--format', '{{.Repository}}')
    expect(listed.stdout.split('\n')).toEqual(expect.arrayContaining(['busybox', ...names]))
    expect(readdirSync(join(workspace.environment.root, 'tmp'))).toEqual([])
    expect(readdirSync(join(workspace.environment.root, 'locks'))).toEqual([])
  })
})
