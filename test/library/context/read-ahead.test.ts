import { mkdirSync, truncateSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, test, vi } from 'vitest'
import { openContext } from '../../../src/context/index.ts'
import { sha256 } from '../../../src/digest/index.ts'
import { readingMeanwhile } from '../../../src/library/context/read-ahead.ts'
import type { BaseImages } from '../../../src/planner/index.ts'
import { runProgram } from '../../support/programs.ts'
import { openWorkspace, type Workspace } from '../../support/workspace.ts'

type Resolved = Awaited<ReturnType<BaseImages['resolve']>>

const platform = { os: 'linux', architecture: 'amd64' }
const ignoreFile = { name: '.dockerignore', text: 'src/ignored\n' }

/** Bases that are asked for until `answer` or `refuse` is called, and what is read of a context meanwhile. */
async function openWaiting(workspace: Workspace, sources: readonly string[], onRead = () => {}) {
  const files = { 'src/a': 'a', 'src/deep/b': 'b', 'src/ignored': 'i', 'lib/c.ts': 'c', 'lib/d.js': 'd', other: 'o' }
  for (const [name, text] of Object.entries(files)) {
    const file = path.join(workspace.directory, 'files', name)
    mkdirSync(path.dirname(file), { recursive: true })
    writeFileSync(file, text)
  }
  const read: string[] = []
  const pending: PromiseWithResolvers<Resolved>[] = []
  const bases = readingMeanwhile(
    {
      resolve() {
        pending.push(Promise.withResolvers())
        return pending.at(-1)?.promise ?? Promise.reject()
      },
    },
    sources,
    async () => openContext(path.join(workspace.directory, 'files'), ignoreFile),
    {
      digest(file) {
        read.push(file.path)
        onRead()
        return sha256(file.path)
      },
    },
  )
  const ask = (name: string) => bases.resolve(name, platform)
  return { read, pending, ask, directory: path.join(workspace.directory, 'files') }
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

  test('are none where nothing is waited for, or nothing is wanted', async () => {
    await using workspace = await openWorkspace()
    const { read, pending, ask } = await openWaiting(workspace, [])
    const asked = ask('one')
    pending[0]?.resolve({} as Resolved)
    await asked
    expect(read).toEqual([])
  })

  test('are no large ones', async () => {
    await using workspace = await openWorkspace()
    const { read, pending, ask, directory } = await openWaiting(workspace, ['src'])
    truncateSync(path.join(directory, 'src/deep/b'), 3_000_000)
    const asked = ask('one')
    await vi.waitFor(() => expect(read).toEqual(['src/a']))
    pending[0]?.resolve({} as Resolved)
    await asked
    expect(read).toEqual(['src/a'])
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

  test('what cannot be read is not told, and the answer is as it came', async () => {
    await using workspace = await openWorkspace()
    const { pending, ask, directory } = await openWaiting(workspace, ['src', '[', 'other'])
    runProgram('mkfifo', path.join(directory, 'src/0-fifo'))
    const asked = ask('one')
    pending[0]?.reject(new Error('no such base'))
    await expect(asked).rejects.toThrow('no such base')
  })
})
