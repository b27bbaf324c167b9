import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { getuid } from 'node:process'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { sha256 } from '../../src/digest/index.ts'
import { leftBehind, openBadWorkspace } from '../support/bad-input.ts'
import { hasBusyboxBase, noBusyboxBase } from '../support/busybox-base.ts'
import { type Running, startTsbuild, tsbuild } from '../support/command-line.ts'
import { contentsOf, fakeImage, serve } from '../support/fake-image.ts'
import { startServer } from '../support/http-server.ts'
import { processesWith, until } from '../support/processes.ts'
import type { Workspace } from '../support/workspace.ts'

const able = getuid?.() === 0 && hasBusyboxBase
const patience = 2000
let marks = 0

/** A number of seconds that no other process sleeps. */
const mark = () => `600.${process.pid}${marks++}`

/** Starts a build and waits until its RUN has printed `here`. */
async function startBuild(workspace: Workspace, ...flags: readonly string[]): Promise<Running> {
  const running = startTsbuild(workspace, '--progress=plain', ...flags, '-f', 'Dockerfile', '-t', 'bad', 'context')
  if (!(await until(() => /^#\d+ [\d.]+ here$/m.test(running.stderr())))) throw new Error(running.stderr())
  return running
}

const within = async <T>(milliseconds: number, ended: Promise<T>): Promise<T> => {
  const late = sleep(milliseconds, undefined, { ref: false }).then(() => Promise.reject(new Error('it still runs')))
  return Promise.race([ended, late])
}

describe.skipIf(!able)(`a build that is stopped (${hasBusyboxBase ? 'needs root' : noBusyboxBase})`, () => {
  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ] as const)(
    'by %s in the middle of a RUN: all its processes end within 2 s, and nothing is left',
    async (signal, status) => {
      await using workspace = await openBadWorkspace()
      const seconds = mark()
      const before = leftBehind(workspace)
      workspace.write({
        Dockerfile: `FROM busybox\nRUN trap '' INT TERM HUP; (setsid sleep ${seconds} &); echo here; sleep ${seconds}; sleep ${seconds}\n`,
      })
      const running = await startBuild(workspace)
      expect(processesWith(`sleep ${seconds}`)).not.toEqual([])
      running.child.kill(signal)
      const ran = await within(patience, running.ended)
      expect({ status: ran.status, stdout: ran.stdout }).toEqual({ status, stdout: '' })
      expect(ran.stderr.match(/^ERROR: .*/gm)).toEqual([`ERROR: stopped by ${signal}`])
      expect(ran.stderr).toMatch(/^#\d+ CANCELED$/m)
      expect(processesWith(`sleep ${seconds}`)).toEqual([])
      expect({ ...leftBehind(workspace), files: before.files }).toEqual(before)
      workspace.write({ Dockerfile: 'FROM busybox\nRUN true\n' })
      expect(await tsbuild(workspace, '-q', '-f', 'Dockerfile', 'context')).toMatchObject({ status: 0 })
    },
  )

  it('while two stages run: both end', async () => {
    await using workspace = await openBadWorkspace()
    const [one, two] = [mark(), mark()]
    workspace.write({
      Dockerfile: `FROM busybox AS one\nRUN echo here; sleep ${one}\nFROM busybox\nRUN echo here; sleep ${two}\nCOPY --from=one /x /\n`,
    })
    const running = await startBuild(workspace, '--jobs=2')
    await until(() => processesWith(`sleep ${one}`).length > 0 && processesWith(`sleep ${two}`).length > 0)
    running.child.kill('SIGINT')
    expect(await within(patience, running.ended)).toMatchObject({ status: 130 })
    expect([...processesWith(`sleep ${one}`), ...processesWith(`sleep ${two}`)]).toEqual([])
  })

  it('by SIGKILL: the step dies too, and the next build sweeps what was left', async () => {
    await using workspace = await openBadWorkspace()
    const seconds = mark()
    const before = leftBehind(workspace)
    workspace.write({ Dockerfile: `FROM busybox\nRUN (setsid sleep ${seconds} &); echo here; sleep ${seconds}\n` })
    const running = await startBuild(workspace)
    running.child.kill('SIGKILL')
    expect(await within(patience, running.ended)).toMatchObject({ signal: 'SIGKILL' })
    expect(await until(() => processesWith(`sleep ${seconds}`).length === 0)).toBe(true)
    expect(leftBehind(workspace).mounts).toEqual([])
    workspace.write({ Dockerfile: 'FROM busybox\nRUN true\n' })
    expect(await tsbuild(workspace, '-q', '-f', 'Dockerfile', 'context')).toMatchObject({ status: 0 })
    expect({ ...leftBehind(workspace), files: before.files }).toEqual(before)
  })

  it('while it waits for the same step of another build: it does not wait for that to end', async () => {
    await using workspace = await openBadWorkspace()
    const seconds = mark()
    workspace.write({ Dockerfile: `FROM busybox\nRUN echo here; sleep ${seconds}\n` })
    const first = await startBuild(workspace)
    const second = startTsbuild(workspace, '--progress=plain', '-f', 'Dockerfile', 'context')
    await until(() => second.stderr().includes('FROM docker.io/library/busybox'))
    await sleep(500)
    second.child.kill('SIGINT')
    expect(await within(patience, second.ended)).toMatchObject({ status: 130 })
    expect(processesWith(`sleep ${seconds}`)).not.toEqual([])
    first.child.kill('SIGINT')
    await within(patience, first.ended)
  })

  it('while a layer is downloaded: it does not wait for the rest', async () => {
    const { layer, ...image } = fakeImage()
    const others = serve(contentsOf('base', '1', { layer, ...image }))
    const layerPath = `/v2/base/blobs/${sha256(layer.bytes)}`
    await using workspace = await openBadWorkspace()
    await using server = await startServer((request, response) => {
      if (request.url !== layerPath) return others(request, response)
      response.writeHead(200, { 'content-length': layer.bytes.length }).write(layer.bytes.subarray(0, 1000))
    })
    workspace.write({ Dockerfile: `FROM ${server.host}/base:1\nRUN true\n` })
    const running = startTsbuild(workspace, '--progress=plain', '-f', 'Dockerfile', '-t', 'bad', 'context')
    expect(await until(() => server.requests.some(({ path }) => path === layerPath))).toBe(true)
    await sleep(300)
    running.child.kill('SIGINT')
    expect(await within(patience, running.ended)).toMatchObject({ status: 130 })
    expect(leftBehind(workspace)).toMatchObject({ temporary: [], mounts: [] })
  })

  it('a failed step stops the steps beside it', async () => {
    await using workspace = await openBadWorkspace()
    const seconds = mark()
    workspace.write({
      Dockerfile: `FROM busybox AS slow\nRUN sleep ${seconds}\nFROM busybox\nRUN sleep 1; exit 7\nCOPY --from=slow /x /\n`,
    })
    const ran = await tsbuild(workspace, '--progress=plain', '--jobs=2', '-f', 'Dockerfile', 'context')
    expect(ran).toMatchObject({ status: 1, stderr: expect.stringContaining('exit code: 7') })
    expect(processesWith(`sleep ${seconds}`)).toEqual([])
    expect(readFileSync(join(workspace.environment.root, 'oci/index.json'), 'utf8')).not.toContain('bad')
  })
})
