import fs, { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import path from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { watchBuild } from '../../src/index.ts'
import { openWorkspace } from '../support/workspace.ts'

/** What the next build was told; the one after it is waited for by the next call. */
function builds() {
  const told: (readonly string[] | undefined)[] = []
  const waiting: (() => void)[] = []
  return {
    tell(paths: readonly string[] | undefined) {
      told.push(paths)
      waiting.shift()?.()
    },
    async next() {
      if (told.length === 0) await new Promise<void>((resolve) => waiting.push(resolve))
      return told.shift()
    },
  }
}

test('builds again for what the graph reads, the Dockerfile and the ignore file, and for nothing else', async () => {
  await using work = await openWorkspace()
  work.write({
    'context/Dockerfile': 'FROM scratch\nCOPY src /src\nCOPY *.json /\nCOPY --exclude=*.md docs /docs\n',
    'context/.dockerignore': 'src/ignored\n',
    'context/src/a': 'a',
    'context/docs/d.txt': 'd',
    'context/package.json': '{}',
    'context/unread': 'u',
  })
  const stop = new AbortController()
  const seen = builds()
  const waits = builds()
  const ended = watchBuild(
    {
      context: 'context',
      signal: stop.signal,
      quiet: 50,
      outputs: [{ type: 'local', dest: 'context/src/out' }],
      onBuild: async (change) => seen.tell(change?.paths),
      onWait: () => waits.tell(undefined),
    },
    work.environment,
  )
  const change = async (name: string, text: string | undefined) => {
    await waits.next()
    const quiet = ['context/unread', 'context/src/ignored', 'context/docs/x.md', 'context/src/out', 'context/src/.tmp~']
    for (const other of quiet) writeFileSync(path.join(work.directory, other), 'x')
    rmSync(path.join(work.directory, 'context/src/.tmp~'))
    const file = path.join(work.directory, name)
    if (text === undefined) mkdirSync(file)
    else writeFileSync(file, text)
    return (await seen.next())?.filter((path) => !path.includes('.tmp~'))
  }
  expect(await seen.next()).toBeUndefined()
  expect(await change('context/src/a', 'b')).toEqual(['context/src/a'])
  expect(await change('context/src/new', undefined)).toEqual(['context/src/new'])
  expect(await change('context/src/new/deep', 'd')).toEqual(['context/src/new/deep'])
  expect(await change('context/other.json', '{}')).toEqual(['context/other.json'])
  expect(await change('context/docs/e.txt', 'e')).toEqual(['context/docs/e.txt'])
  expect(await change('context/Dockerfile', 'FROMM scratch\n')).toEqual(['context/Dockerfile'])
  expect(await change('context/src/a', 'c')).toEqual(['context/src/a'])
  expect(await change('context/Dockerfile', 'FROM scratch\nCOPY src /src\n')).toEqual(['context/Dockerfile'])
  expect(await change('context/.dockerignore', '')).toEqual(['context/.dockerignore'])
  stop.abort(new Error('enough'))
  await expect(ended).rejects.toThrow('enough')
})

test('a build is stopped by a change, and done again', async () => {
  await using work = await openWorkspace()
  work.write({ 'context/Dockerfile': 'FROM scratch\nCOPY a /a\n', 'context/a': 'a' })
  const stop = new AbortController()
  const seen: string[] = []
  const ended = watchBuild(
    {
      context: 'context',
      signal: stop.signal,
      async onBuild(change, signal) {
        if (change) {
          seen.push(`again: ${change.paths.join()}`)
          stop.abort(new Error('enough'))
          return
        }
        const stopped = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()))
        writeFileSync(path.join(work.directory, 'context/a'), 'b')
        await stopped
        seen.push(`stopped: ${signal.reason.message}`)
      },
    },
    work.environment,
  )
  await expect(ended).rejects.toThrow('enough')
  expect(seen).toEqual(['stopped: context/a changed', 'again: context/a'])
})

test('where the system has no room for watching, files are looked at once a second', async () => {
  await using work = await openWorkspace()
  work.write({ 'context/Dockerfile': 'FROM scratch\nCOPY src /src\n', 'context/src/a': 'a', 'context/unread': 'u' })
  const open = leaveRoomFor(1)
  const stop = new AbortController()
  const seen = builds()
  const waited: { readonly polling: boolean }[] = []
  const ended = watchBuild(
    {
      context: 'context',
      signal: stop.signal,
      quiet: 50,
      onBuild: async (change) => seen.tell(change?.paths),
      onWait(watched) {
        waited.push(watched)
        writeFileSync(path.join(work.directory, 'context/unread'), `${waited.length}`)
        writeFileSync(path.join(work.directory, 'context/src/a'), `${waited.length}`.repeat(waited.length + 1))
      },
    },
    work.environment,
  )
  expect(await seen.next()).toBeUndefined()
  expect(await seen.next()).toEqual(['context/src/a'])
  stop.abort(new Error('enough'))
  await expect(ended).rejects.toThrow('enough')
  expect(waited[0]).toEqual({ directories: 2, polling: true, close: expect.any(Function) })
  await expect.poll(open).toBe(0)
})

/**
 * Until the test ends the system lets nobody watch more directories than these.
 * @returns how many are watched
 */
function leaveRoomFor(count: number): () => number {
  const { watch } = fs
  let open = 0
  const limited = (...words: Parameters<typeof watch>) => {
    if (open >= count) throw Object.assign(new Error('no room'), { code: 'ENOSPC', syscall: 'watch' })
    open++
    return watch(...words).on('close', () => open--)
  }
  const set = (to: typeof watch) => {
    fs.watch = to
    syncBuiltinESMExports()
  }
  set(limited as typeof watch)
  onTestFinished(() => set(watch))
  return () => open
}

test('a context that is no directory cannot be watched', async () => {
  await using work = await openWorkspace()
  const onBuild = async () => {}
  await expect(watchBuild({ context: '-', onBuild }, work.environment)).rejects.toMatchObject({
    code: 'TSB_WATCH_CONTEXT',
  })
})
