import { mkdirSync, truncateSync, utimesSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { openContext } from '../../../src/context/index.ts'
import { sha256 } from '../../../src/digest/index.ts'
import { readingAhead } from '../../../src/library/context/read-ahead.ts'
import type { BaseImages } from '../../../src/planner/index.ts'
import { treePath } from '../../../src/tree/index.ts'
import { runProgram } from '../../support/programs.ts'
import { openWorkspace, type Workspace } from '../../support/workspace.ts'

type Resolved = Awaited<ReturnType<BaseImages['resolve']>>

const platform = { os: 'linux', architecture: 'amd64' }
const ignoreFile = { name: '.dockerignore', text: 'src/ignored\n' }
const files = { 'src/a': 'a', 'src/deep/b': 'b', 'src/ignored': 'i', 'lib/c.ts': 'c', 'lib/d.js': 'd', other: 'o' }

/** Bases that are asked for until the promises of `pending` are resolved, and what is read of a context meanwhile. */
async function openWaiting(workspace: Workspace, sources: readonly string[], onRead = () => {}) {
  const directory = path.join(workspace.directory, 'files')
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(directory, name)), { recursive: true })
    writeFileSync(path.join(directory, name), text)
  }
  // What was written this moment is not read ahead.
  await sleep(150)
  const time = Date.now()
  const read: string[] = []
  const pending: PromiseWithResolvers<Resolved>[] = []
  const open = async () => openContext(directory, ignoreFile)
  const opened = open()
  const ports = readingAhead(
    {
      bases: {
        resolve() {
          const next = Promise.withResolvers<Resolved>()
          pending.push(next)
          return next.promise
        },
      },
      context: () => opened,
      events: () => {},
      now: () => time,
    },
    sources,
    open,
    {
      digest(file) {
        read.push(file.path)
        onRead()
        return sha256(file.path)
      },
    },
  )
  const ask = (name: string) => ports.bases.resolve(name, platform)
  const seen = async () => {
    const context = await ports.context('context')
    return (context.early?.() ?? context).tree.list(treePath('src'))
  }
  return { read, pending, ask, seen, ports, directory }
}

describe('files of a context, read while bases are asked for', () => {
  test('are those that COPY names, without those that are left out, each once', async () => {
    await using workspace = await openWorkspace()
    const { read, pending, ask } = await openWaiting(workspace, ['src', './lib/*.ts', 'no-such'])
    const asked = [ask('one'), ask('two')]
    await vi.waitFor(() => expect([...read].sort()).toEqual(['lib/c.ts', 'src/a', 'src/deep/b']))
    for (const each of pending) each.resolve({} as Resolved)
    await Promise.all(asked)
    expect(read).toHaveLength(3)
  })

  test('are none where nothing is wanted', async () => {
    await using workspace = await openWorkspace()
    const { read, pending, ask, ports } = await openWaiting(workspace, [])
    const asked = ask('one')
    pending[0]?.resolve({} as Resolved)
    await asked
    expect(read).toEqual([])
    expect((await ports.context('context')).early).toBeUndefined()
  })

  test('are no large ones, and none that were only just written', async () => {
    await using workspace = await openWorkspace()
    const { read, pending, ask, directory } = await openWaiting(workspace, ['src', 'lib'])
    truncateSync(path.join(directory, 'src/deep/b'), 3_000_000)
    // The file system has the time of this, whatever is written there.
    utimesSync(path.join(directory, 'lib/c.ts'), 1, 1)
    const asked = ask('one')
    await vi.waitFor(() => expect(read).toContain('src/a'))
    pending[0]?.resolve({} as Resolved)
    await asked
    expect(read).not.toContain('src/deep/b')
    expect(read).not.toContain('lib/c.ts')
  })

  test('are no more than there is time for', async () => {
    await using workspace = await openWorkspace()
    const slowly = () => {
      waiting.pending[0]?.resolve({} as Resolved)
      for (const began = performance.now(); performance.now() - began < 5; );
    }
    const waiting = await openWaiting(workspace, ['src', 'lib'], slowly)
    await waiting.ask('one')
    expect(waiting.read).toEqual(['src/a'])
  })

  test('are none any more once the answer is there', async () => {
    await using workspace = await openWorkspace()
    const { read, pending, ask } = await openWaiting(workspace, ['src', 'lib'])
    const asked = ask('one')
    pending[0]?.reject(new Error('no such base'))
    await expect(asked).rejects.toThrow('no such base')
    const { length } = read
    await sleep(50)
    expect(read).toHaveLength(length)
  })

  test('a source that is wrong, or has what cannot be copied, keeps others from nothing', async () => {
    await using workspace = await openWorkspace()
    const { read, pending, ask, directory } = await openWaiting(workspace, ['[', 'src', 'other'])
    runProgram('mkfifo', path.join(directory, 'src/0-fifo'))
    const asked = ask('one')
    await vi.waitFor(() => expect(read).toContain('other'))
    pending[0]?.resolve({} as Resolved)
    await asked
  })

  test('the context as it was then is there until a step has begun or it is old', async () => {
    await using workspace = await openWorkspace()
    const { read, pending, ask, seen, ports, directory } = await openWaiting(workspace, ['src'])
    const clock = vi.spyOn(performance, 'now').mockReturnValue(5000)
    onTestFinished(() => clock.mockRestore())
    const asked = ask('one')
    await vi.waitFor(() => expect(read).toHaveLength(2))
    pending[0]?.resolve({} as Resolved)
    await asked
    writeFileSync(path.join(directory, 'src/made'), 'made')
    expect(await seen()).not.toContain('made')
    clock.mockReturnValue(6001)
    expect(await seen()).toContain('made')
    clock.mockReturnValue(5000)
    ports.events({ type: 'step:start', at: 0, step: 'internal:x', label: 'exporting' })
    expect(await seen()).not.toContain('made')
    ports.events({ type: 'step:start', at: 0, step: 'internal:x', label: 'RUN', makes: true })
    expect(await seen()).toContain('made')
  })
})
