import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { join } from 'node:path'
import { getuid } from 'node:process'
import { describe, expect, it } from 'vitest'
import { openBadWorkspace } from '../support/bad-input.ts'
import { hasBusyboxBase, noBusyboxBase } from '../support/busybox-base.ts'
import { startTsbuild, tsbuild } from '../support/command-line.ts'
import { processesWith, until } from '../support/processes.ts'
import { hasProgram } from '../support/programs.ts'
import type { Workspace } from '../support/workspace.ts'

const able = getuid?.() === 0 && hasBusyboxBase
const canary = `CANARY-${process.pid}-4711`
const runtimes = ['native', ...(hasProgram('runc') ? ['runc'] : [])]
const secret = ['--secret', 'id=token,src=token']

/** The files of a store that hold the value. */
function holders({ environment }: Workspace): readonly string[] {
  return readdirSync(environment.root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((file) => readFileSync(file).includes(canary))
}

/** Processes of this machine, outside of the step's own, that have the value in their environment. */
function helpersWith(text: string): readonly string[] {
  const ours = readlinkSync('/proc/self/ns/pid')
  return readdirSync('/proc').filter((name) => {
    if (!/^\d+$/.test(name)) return false
    try {
      return readlinkSync(`/proc/${name}/ns/pid`) === ours && readFileSync(`/proc/${name}/environ`).includes(text)
    } catch {
      return false // it ended while we looked
    }
  })
}

async function secretWorkspace(line: string): Promise<Workspace> {
  const workspace = await openBadWorkspace()
  const mounts = '--mount=type=secret,id=token --mount=type=secret,id=token,env=TOKEN'
  workspace.write({ token: canary, Dockerfile: `FROM busybox\nRUN ${mounts} ${line}\n` })
  return workspace
}

describe.skipIf(!able)(`secrets (${hasBusyboxBase ? 'needs root' : noBusyboxBase})`, () => {
  it('G09: one of a build that was killed in the middle is gone after the next start', async () => {
    await using workspace = await secretWorkspace(`echo here; sleep 600.${process.pid}`)
    const running = startTsbuild(workspace, '--progress=plain', ...secret, '-f', 'Dockerfile', 'context')
    expect(await until(() => / here$/m.test(running.stderr()))).toBe(true)
    running.child.kill('SIGKILL')
    await running.ended
    expect(await tsbuild(workspace, 'images', '-q')).toMatchObject({ status: 0 })
    expect(holders(workspace)).toEqual([])
  })

  it.each(runtimes)(
    'G07: it stands on no command line, and in no environment outside of the step, while it runs (%s)',
    async (runtime) => {
      await using workspace = await secretWorkspace('echo here; sleep 1; test -n "$TOKEN"')
      const flags = ['--progress=plain', '--runtime', runtime, ...secret]
      const running = startTsbuild(workspace, ...flags, '-f', 'Dockerfile', 'context')
      const found: (number | string)[] = []
      const watch = setInterval(() => found.push(...processesWith(canary), ...helpersWith(canary)), 20)
      const { status } = await running.ended
      clearInterval(watch)
      expect({ status, found }).toEqual({ status: 0, found: [] })
    },
  )
})
