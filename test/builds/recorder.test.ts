import { existsSync, mkdirSync, readdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { openRecorder } from '../../src/builds/index.ts'
import { openBuilds, prune, TsbuildError } from '../../src/index.ts'
import { tryAcquire } from '../../src/store/index.ts'
import { busyboxBase, hasBusyboxBase, noBusyboxBase } from '../support/busybox-base.ts'
import { openWorkspace } from '../support/workspace.ts'

const dockerfile = 'FROM scratch AS build\nCOPY a /\nFROM scratch\nCOPY --from=build / /\n'

describe('a build writes down', () => {
  test('what was asked, each step with what it reads, why it ran and what it gave, and the image', async () => {
    await using workspace = await openWorkspace()
    workspace.write({ 'context/a': '1', 'context/Dockerfile': dockerfile })
    const { result } = await workspace.build({ tags: ['app:1'] })
    const [record] = await openBuilds(workspace.environment).list()
    expect(record).toEqual(result.build)
    const context = path.join(workspace.directory, 'context')
    expect(record).toMatchObject({ number: 1, name: 'app:1', status: 'completed', context, tags: ['app:1'] })
    expect(record?.dockerfile).toEqual({ path: 'Dockerfile', text: dockerfile })
    const [first, second] = record?.steps.filter(({ kind }) => kind === 'copy') ?? []
    const lines = { start: 2, end: 2 }
    expect(first).toMatchObject({ stage: 'build', lines, outcome: 'ran', reason: { kind: 'never-built' } })
    expect(second?.inputs).toContain(first?.id)
    expect(record?.images[0]?.layers).toMatchObject([{ step: second?.id, digest: second?.layer?.digest }])
    const again = await workspace.build({ tags: ['app:1'] })
    const found = again.result.build?.steps.filter(({ kind }) => kind === 'copy')
    expect(found?.map(({ outcome, key, saved }) => [outcome, key, typeof saved])).toEqual([
      ['cached', first?.key, 'number'],
      ['cached', second?.key, 'number'],
    ])
  })

  test('that it failed, in which step, and what was not begun', async () => {
    await using workspace = await openWorkspace()
    workspace.write({ 'context/Dockerfile': dockerfile })
    await expect(workspace.build()).rejects.toThrow()
    const [record] = await openBuilds(workspace.environment).list()
    expect(record).toMatchObject({ status: 'error', error: { code: 'TSB_COPY_SOURCE_MISSING', line: 2 } })
    const copies = record?.steps.filter(({ kind }) => kind === 'copy')
    expect(copies?.map(({ outcome, id }) => [outcome, id === record?.error?.step])).toEqual([
      ['error', true],
      ['not-run', false],
    ])
    workspace.write({ 'context/a': '1' })
    const { build } = (await workspace.build()).result
    expect(build?.steps.find(({ label }) => label.endsWith('COPY a /'))?.reason).toEqual({ kind: 'failed', build: 1 })
  })

  test('that it was canceled', async () => {
    await using workspace = await openWorkspace()
    workspace.write({ 'context/a': '1', 'context/Dockerfile': dockerfile })
    const canceled = new AbortController()
    const onEvent = () => canceled.abort(new Error('enough'))
    await expect(workspace.build({ signal: canceled.signal, onEvent })).rejects.toThrow('enough')
    expect((await openBuilds(workspace.environment).list())[0]?.status).toBe('canceled')
  })

  const needed = hasBusyboxBase ? '' : `: ${noBusyboxBase}`
  test.skipIf(!hasBusyboxBase)(
    `G05 all that a step prints, without the value of a secret anywhere${needed}`,
    async () => {
      await using workspace = await openWorkspace()
      await workspace.import(busyboxBase(), 'busybox')
      const value = 'CANARY_in_a_record'
      const command = `seq 1 20000; cat /run/secrets/s; printf 'no end'`
      workspace.write({
        'context/Dockerfile': `FROM busybox\nARG V\nLABEL v=$V\nRUN --mount=type=secret,id=s ${command}\n`,
        secret: value,
      })
      const secrets = { s: { file: path.join(workspace.directory, 'secret') } }
      const { result } = await workspace.build({ secrets, args: { V: value } })
      const builds = openBuilds(workspace.environment)
      const step = result.build?.steps.find(({ log }) => log)
      if (!result.build || !step) throw new Error('nothing was printed')
      const chunks: Uint8Array[] = []
      for await (const chunk of builds.log(result.build, 'seq 1 20000')) chunks.push(chunk)
      const numbers = Array.from({ length: 20_000 }, (_, i) => `${i + 1}\n`).join('')
      expect(Buffer.concat(chunks).toString() === `${numbers}***no end`).toBe(true)
      expect(step.log).toEqual({ bytes: Buffer.concat(chunks).length, lines: 20_001 })
      const record = readFileSync(path.join(workspace.environment.root, 'builds/1/record.json'), 'utf8')
      expect(record).not.toContain('CANARY')
    },
  )
})

describe('records of builds', () => {
  const start = { name: 'x', started: 1, directory: '/', context: '/', tags: [] }
  const end = { status: 'completed', completed: 2, platforms: [], images: [] } as const

  test('have numbers of their own, also when many run at once, and the last 50 stay', async () => {
    await using workspace = await openWorkspace()
    const { root } = workspace.environment
    mkdirSync(root)
    const recorders = Array.from({ length: 53 }, () => openRecorder(root, start))
    for (const { event } of recorders.slice(0, 10)) {
      event({ type: 'step:start', at: 1, step: 'internal:a', label: 'a' })
      event({ type: 'step:log', at: 1, step: 'internal:a', stream: 'stdout', bytes: Buffer.from('x') })
    }
    const numbers = recorders.toReversed().map((recorder) => recorder.end(end)?.number ?? 0)
    expect(numbers.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 53 }, (_, i) => i + 1))
    expect(numbers.at(-1)).toBe(1)
    const builds = openBuilds(workspace.environment)
    const kept = await builds.list()
    expect([kept.length, kept[0]?.number, kept.at(-1)?.number]).toEqual([50, 53, 4])
    expect(await builds.remove(['^0', String(kept[1]?.number), kept[2]?.id ?? ''])).toHaveLength(3)
    expect((await builds.list())[0]?.number).toBe(50)
    await builds.remove('all')
    expect(readdirSync(path.join(root, 'builds'))).toEqual(['highest'])
    expect(openRecorder(root, start).end(end)?.number).toBe(54)
  })

  test('of a build that was killed go with the next ones, those of one that still runs do not', async () => {
    await using workspace = await openWorkspace()
    const { root } = workspace.environment
    const folder = (number: number) => path.join(root, 'builds', String(number))
    for (const number of [1, 2]) {
      mkdirSync(folder(number), { recursive: true })
      writeFileSync(path.join(folder(number), '1.log'), 'x')
      utimesSync(folder(number), 1, 1)
    }
    const release = tryAcquire(path.join(folder(2), 'lock'))
    utimesSync(folder(2), 1, 1)
    for (let i = 0; i < 50; i++) openRecorder(root, start).end({ ...end, completed: 1e9 })
    expect([existsSync(folder(1)), existsSync(folder(2))]).toEqual([false, true])
    release?.()
  })

  test('are passed over when they are damaged, and where none can be written a build does without', async () => {
    await using workspace = await openWorkspace()
    workspace.write({ 'context/a': '1', 'context/Dockerfile': dockerfile })
    const { root } = workspace.environment
    await workspace.build()
    await workspace.build()
    const file = path.join(root, 'builds/1/record.json')
    const text = readFileSync(file, 'utf8')
    const builds = openBuilds(workspace.environment)
    for (const damaged of ['', '{}', text.slice(0, -9), text.replace('"version":1', '"version":2')]) {
      writeFileSync(file, damaged)
      expect((await builds.list()).map(({ number }) => number)).toEqual([2])
    }
    await builds.remove('all')
    writeFileSync(path.join(root, 'builds/x'), '')
    const blocked = path.join(root, 'blocked')
    mkdirSync(blocked)
    writeFileSync(path.join(blocked, 'builds'), 'no folder')
    const recorder = openRecorder(blocked, start)
    recorder.event({ type: 'step:start', at: 1, step: 'internal:a', label: 'a' })
    recorder.event({ type: 'step:log', at: 1, step: 'internal:a', stream: 'stdout', bytes: Buffer.from('x') })
    expect(recorder.end(end)).toBeUndefined()
  })

  test('are found by number, by id and from the newest, and a step by number or label', async () => {
    await using workspace = await openWorkspace()
    workspace.write({ 'context/a': '1', 'context/Dockerfile': dockerfile })
    const builds = openBuilds(workspace.environment)
    await expect(builds.find('^0')).rejects.toMatchObject({ code: 'TSB_BUILD_NOT_FOUND' })
    await workspace.build()
    const { result } = await workspace.build()
    const { id = '' } = result.build ?? {}
    for (const name of ['2', '^0', id, id.slice(0, 12)]) expect((await builds.find(name)).number).toBe(2)
    expect((await builds.find('^1')).number).toBe(1)
    for (const name of ['^2', '7', 'nosuch', '']) await expect(builds.find(name)).rejects.toThrow(TsbuildError)
    const step = async (text: string) => (await builds.why('2', text)).steps[0]?.step.label
    expect(await step('build 1/1')).toBe('[build 1/1] COPY a /')
    expect(await step('copy a')).toBe('[build 1/1] COPY a /')
    await expect(step('COPY')).rejects.toMatchObject({ code: 'TSB_STEP_AMBIGUOUS' })
    await expect(step('99')).rejects.toMatchObject({ code: 'TSB_STEP_NOT_FOUND' })
  })

  test('stay when the store is pruned of all, and say then that what they had is gone', async () => {
    await using workspace = await openWorkspace()
    workspace.write({ 'context/a': '1', 'context/Dockerfile': dockerfile })
    const builds = openBuilds(workspace.environment)
    await workspace.build()
    await workspace.build({ tags: ['app'] })
    await prune({ all: true }, workspace.environment)
    expect((await builds.list()).length).toBe(2)
    const { result } = await workspace.build()
    expect(result.build?.steps.find(({ kind }) => kind === 'copy')?.reason).toEqual({ kind: 'removed', build: 2 })
    expect(await builds.remove('all')).toHaveLength(3)
    expect((await workspace.build()).result.build?.number).toBe(4)
  })
})
