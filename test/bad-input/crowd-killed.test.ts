import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { getuid } from 'node:process'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { createRandom } from '../../bench/random.ts'
import { leftBehind, openBadWorkspace } from '../support/bad-input.ts'
import { hasBusyboxBase, noBusyboxBase } from '../support/busybox-base.ts'
import { startTsbuild, tsbuild } from '../support/command-line.ts'
import { findingsIn } from '../support/fsck.ts'
import { processesWith, until } from '../support/processes.ts'
import type { Workspace } from '../support/workspace.ts'

const able = getuid?.() === 0 && hasBusyboxBase
const patience = { timeout: 240_000 }

/** Steps count in a cache mount, which is no part of what they make. */
const counted = (name: string) =>
  `RUN --mount=type=cache,id=counts,target=/counts echo ran >> /counts/${name}; sleep 0.3; touch -d @0 / /${name}`
const dockerfile = (name: string) => `FROM busybox\n${counted('shared')}\n${counted(name)}\n`

const start = (workspace: Workspace, name: string, tag: string) =>
  startTsbuild(workspace, '-q', '-f', name, '-t', tag, 'context')

/** How often each step ran. */
async function counts(workspace: Workspace, names: readonly string[]): Promise<readonly number[]> {
  const words = names.map((name) => `wc -l < /counts/${name}`).join('; ')
  workspace.write({ look: `FROM busybox\nRUN --mount=type=cache,id=counts,target=/counts ${words}\n` })
  const { stderr } = await tsbuild(workspace, '--progress=plain', '-f', 'look', 'context')
  return [...stderr.matchAll(/^#\d+ [\d.]+ (\d+)$/gm)].map(([, count]) => Number(count))
}

describe.skipIf(!able)(`many builds at once in one store (${hasBusyboxBase ? 'needs root' : noBusyboxBase})`, () => {
  it('8 of the same and of different Dockerfiles: a step that several want runs once', patience, async () => {
    await using workspace = await openBadWorkspace()
    const names = ['a', 'b', 'c', 'd']
    workspace.write(Object.fromEntries(names.map((name) => [name, dockerfile(name)])))
    const builds = [...names, ...names].map((name, at) => start(workspace, name, `${name}${at}`))
    const ran = await Promise.all(builds.map(({ ended }) => ended))
    expect(ran.map(({ status, stderr }) => ({ status, stderr }))).toEqual(ran.map(() => ({ status: 0, stderr: '' })))
    for (const at of names.keys()) expect(ran[at]?.stdout).toBe(ran[at + names.length]?.stdout)
    expect(new Set(ran.map(({ stdout }) => stdout)).size).toBe(names.length)
    expect(await counts(workspace, ['shared', ...names])).toEqual([1, 1, 1, 1, 1])
    expect(leftBehind(workspace)).toMatchObject({ mounts: [], processes: [], temporary: [] })
  })

  it('one that is killed while others wait for its step: another one runs it, and all get it', patience, async () => {
    await using workspace = await openBadWorkspace()
    const seconds = `5.${process.pid}`
    workspace.write({ slow: `FROM busybox\nRUN sleep ${seconds}; touch -d @0 / /made\n` })
    const first = start(workspace, 'slow', 'first')
    expect(await until(() => processesWith(`sleep ${seconds}`).length > 0)).toBe(true)
    const others = ['x', 'y', 'z'].map((tag) => start(workspace, 'slow', tag))
    await sleep(1500)
    first.child.kill('SIGKILL')
    const ran = await Promise.all(others.map(({ ended }) => ended))
    expect(ran.map(({ status }) => status)).toEqual([0, 0, 0])
    expect(new Set(ran.map(({ stdout }) => stdout)).size).toBe(1)
    expect(processesWith(`sleep ${seconds}`)).toEqual([])
    // What the killed one left goes with the next start.
    expect(await start(workspace, 'slow', 'again').ended).toMatchObject({ status: 0, stdout: ran[0]?.stdout })
    expect(await findingsIn(workspace.environment)).toEqual([])
  })

  it(
    'F08 20 builds at once, half of them killed at random: the next ones are right, the store is whole',
    patience,
    async () => {
      await using workspace = await openBadWorkspace()
      const random = createRandom(8)
      const names = ['a', 'b', 'c', 'd', 'e']
      const made = 'head -c 300000 /bin/busybox'
      const text = (name: string) =>
        `FROM busybox\nCOPY big /tmp/\nRUN ${made} > /shared; touch -d @0 / /shared\nRUN ${made} | sed s/x/${name}/ > /own; touch -d @0 / /own\n`
      workspace.write(Object.fromEntries(names.map((name) => [name, text(name)])))
      workspace.write({ 'context/big': 'many words '.repeat(50_000) })
      const tags = Array.from({ length: 20 }, (_, at) => `${names[at % names.length]}${at}`)
      const builds = tags.map((tag) => start(workspace, tag.slice(0, 1), tag))
      const killed = builds.filter((_, at) => at % 2 === 1)
      for (const { child } of killed) {
        await sleep(random.number() * 1000)
        child.kill('SIGKILL')
      }
      const ran = await Promise.all(builds.map(({ ended }) => ended))
      const kept = ran.filter((_, at) => at % 2 === 0)
      expect(kept.map(({ status, stderr }) => ({ status, stderr }))).toEqual(
        kept.map(() => ({ status: 0, stderr: '' })),
      )
      const left = (await findingsIn(workspace.environment)).filter(
        (line) => !/^waste (temporary|lock)-left$/.test(line),
      )
      expect(left).toEqual([])
      for (const name of names) {
        const again = await tsbuild(workspace, '-q', '-f', name, '-t', name, 'context')
        const before = ran.filter(({ status }, at) => status === 0 && tags[at]?.startsWith(name))
        expect(again.status).toBe(0)
        for (const { stdout } of before) expect(stdout).toBe(again.stdout)
      }
      expect(readFileSync(join(workspace.environment.root, 'oci/index.json'), 'utf8')).toContain('library/a0:latest')
      expect(leftBehind(workspace)).toMatchObject({ mounts: [], processes: [], temporary: [] })
    },
  )
})
