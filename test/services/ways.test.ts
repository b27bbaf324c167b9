import { readFileSync } from 'node:fs'
import { cp } from 'node:fs/promises'
import { join } from 'node:path'
import { getuid } from 'node:process'
import { describe, expect, it } from 'vitest'
import { busyboxBase, hasBusyboxBase, noBusyboxBase } from '../support/busybox-base.ts'
import { type Place, tsbuild } from '../support/command-line.ts'
import { erofsProblem } from '../support/erofs.ts'
import { fixtures, openFixture, showFixture } from '../support/fixtures.ts'
import { findOrdinaryUser, noOrdinaryUser } from '../support/ordinary-user.ts'
import { runProgram } from '../support/programs.ts'
import { openWorkspace } from '../support/workspace.ts'

const names = ['copy-owners', 'heredocs', 'removes-and-replaces', 'workdir-and-user']
const isRoot = getuid?.() === 0
const reason = hasBusyboxBase ? (isRoot ? 'on busybox' : 'needs root') : noBusyboxBase
const goldenOf = (name: string) => readFileSync(join(fixtures, name, 'image.json'), 'utf8')

const ways = [
  ...((await erofsProblem()) === '' ? [{ runtime: 'native', snapshotter: 'erofs' } as const] : []),
  { runtime: 'native', snapshotter: 'overlay' },
  { runtime: 'native', snapshotter: 'copy' },
  { runtime: 'chroot', snapshotter: 'copy' },
] as const

describe.skipIf(!isRoot || !hasBusyboxBase)(`every way of running steps makes the same image (${reason})`, () => {
  // Each fixture by every other way, so that each way makes half of them.
  for (const [at, name] of names.entries()) {
    it.each(ways.filter((_, which) => (which + at) % 2 === 0))(`${name} by $runtime and $snapshotter`, async (way) => {
      await using workspace = await openFixture(name)
      await workspace.build({ file: 'Dockerfile', tags: [name], ...way })
      expect(await showFixture(workspace, name)).toBe(goldenOf(name))
    })
  }
})

const user = findOrdinaryUser(import.meta.filename)
const who = hasBusyboxBase ? (user?.name ?? noOrdinaryUser) : noBusyboxBase

describe.skipIf(!user || !hasBusyboxBase)(`a user who is not root makes the same images (${who})`, () => {
  it(names.join(', '), async () => {
    await using ours = await openWorkspace()
    await ours.import(busyboxBase(), 'busybox')
    await succeeds(ours, 'save', '-o', 'base.tar', 'busybox')
    await using theirs = await openWorkspace()
    for (const name of names) {
      await theirs.copy(join(fixtures, name, 'context'), `${name}/context`)
      await cp(join(fixtures, name, 'Dockerfile'), join(theirs.directory, name, 'Dockerfile'))
    }
    await cp(join(ours.directory, 'base.tar'), join(theirs.directory, 'base.tar'))
    runProgram('chown', '-R', `${user?.uid}:${user?.gid}`, theirs.directory)
    const place: Place = { ...theirs, ...(user && { user }) }
    await succeeds(place, 'load', '-q', '-i', 'base.tar')
    for (const name of names) await succeeds(place, '-q', '-f', `${name}/Dockerfile`, '-t', name, `${name}/context`)
    await succeeds(place, 'save', '-o', 'built.tar', ...names)
    await succeeds(ours, 'load', '-q', '-i', `${theirs.directory}/built.tar`)
    for (const name of names) expect(await showFixture(ours, name), name).toBe(goldenOf(name))
  })
})

async function succeeds(place: Place, ...argv: readonly string[]): Promise<void> {
  const { status, stderr } = await tsbuild(place, ...argv)
  expect({ status, stderr }, argv.join(' ')).toEqual({ status: 0, stderr: '' })
}
