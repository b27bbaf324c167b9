import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { getuid } from 'node:process'
import { describe, expect, it } from 'vitest'
import { hasBusyboxBase, noBusyboxBase } from './support/busybox-base.ts'
import { tsbuild } from './support/command-line.ts'
import { fixtures, openFixture, showFixture } from './support/fixtures.ts'

/** Not on a base of busybox, or with more than a context: they are built in `services/`. */
const elsewhere = new Set(['add-git-query', 'add-url', 'debian-service', 'node-service'])
const names = readdirSync(fixtures).filter((name) => !elsewhere.has(name))
const isRoot = getuid?.() === 0
const reason = hasBusyboxBase ? (isRoot ? 'on busybox' : 'needs root') : noBusyboxBase

describe.skipIf(!isRoot || !hasBusyboxBase)(`a Dockerfile of the fixtures (${reason})`, () => {
  it.each(names.filter((name) => !name.startsWith('error-')))(
    '%s: makes the image of image.json, and the second time runs nothing',
    async (name) => {
      await using workspace = await openFixture(name)
      const first = await workspace.build({ file: 'Dockerfile', tags: [name] })
      await expect(await showFixture(workspace, name)).toMatchFileSnapshot(join(fixtures, name, 'image.json'))
      const second = await workspace.build({ file: 'Dockerfile', tags: [name] })
      expect(second.ran).toEqual([])
      expect(second.result.steps.cached).toBe(second.result.steps.total)
      expect(second.result.id).toBe(first.result.id)
    },
  )

  it.each(names.filter((name) => name.startsWith('error-')))('%s: fails with the words of error.txt', async (name) => {
    await using workspace = await openFixture(name)
    const argv = ['-q', '--pull=never', '-t', name, '-f', 'Dockerfile', 'context']
    const { status, stdout, stderr } = await tsbuild(workspace, ...argv)
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' })
    await expect(withoutTimes(stderr)).toMatchFileSnapshot(join(fixtures, name, 'error.txt'))
  })
})

/** Lines of a step begin with the seconds since it did; where its log is, the store says. */
function withoutTimes(text: string): string {
  return text.replace(/^\d+\.\d+ /gm, '').replace(/^(whole log: ).*(\/builds\/)/m, '$1…$2')
}
