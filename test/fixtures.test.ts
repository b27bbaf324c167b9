import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { getuid } from 'node:process'
import { describe, expect, it } from 'vitest'
import { sha256 } from '../src/digest/index.ts'
import { busyboxBase, hasBusyboxBase, noBusyboxBase } from './support/busybox-base.ts'
import { tsbuild } from './support/command-line.ts'
import { showImage } from './support/image-lines.ts'
import { openWorkspace, type Workspace } from './support/workspace.ts'

const fixtures = resolve(import.meta.dirname, '../fixtures/dockerfiles')
/** Not on a base of busybox: they are built in `services/`. */
const elsewhere = new Set(['debian-service', 'node-service'])
const names = readdirSync(fixtures).filter((name) => !elsewhere.has(name))
const isRoot = getuid?.() === 0
const reason = hasBusyboxBase ? (isRoot ? 'on busybox' : 'needs root') : noBusyboxBase

describe.skipIf(!isRoot || !hasBusyboxBase)(`a Dockerfile of the fixtures (${reason})`, () => {
  it.each(names.filter((name) => !name.startsWith('error-')))(
    '%s: makes the image of image.json, and the second time runs nothing',
    async (name) => {
      await using workspace = await openFixture(name)
      const first = await workspace.build({ file: 'Dockerfile', tags: [name] })
      const image = await showImage(workspace.environment.root, name, bytesOfBase())
      await expect(`${JSON.stringify(image, undefined, 2)}\n`).toMatchFileSnapshot(join(fixtures, name, 'image.json'))
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

async function openFixture(name: string): Promise<Workspace> {
  const workspace = await openWorkspace()
  await workspace.copy(join(fixtures, name, 'context'), 'context')
  workspace.write({ Dockerfile: readFileSync(join(fixtures, name, 'Dockerfile'), 'utf8') })
  await workspace.import(busyboxBase(), name === 'hello-service' ? 'demo-base' : 'busybox')
  return workspace
}

/** What is different on every machine, by digest. */
function bytesOfBase(): ReadonlyMap<string, string> {
  const [base, program] = [busyboxBase(), '/bin/busybox'].map((file) => sha256(readFileSync(file)))
  return new Map([
    [base ?? '', 'the base'],
    [program ?? '', 'bin/busybox of the base'],
  ])
}

/** Lines of a step begin with the seconds since it did. */
function withoutTimes(text: string): string {
  return text.replace(/^\d+\.\d+ /gm, '')
}
