import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { buildImages } from '../../src/build.ts'
import { openCache } from '../../src/cache/index.ts'
import { openContext } from '../../src/context/index.ts'
import type { BuildEvent, ExecutorPorts } from '../../src/executor/index.ts'
import { reasonText } from '../../src/reason-text.ts'
import { openStore } from '../../src/store/index.ts'
import { writeFiles } from '../support/files.ts'
import { planRequest, stubBases } from '../support/planning.ts'
import { scratch } from '../support/scratch.ts'
import { tar } from '../support/tar.ts'

/** A store and a context, and builds of Dockerfiles without RUN: what ran, what was cached, and the image id. */
async function workshop() {
  const directory = await scratch()
  const context = join(directory, 'context')
  const write = (files: Readonly<Record<string, string>>) => writeFiles(context, files)
  write({ 'a.txt': 'a', 'b.txt': 'b', 'd/c.txt': 'c' })
  let now = 1_700_000_000_000
  const build = async (text: string, noCache: boolean | readonly string[] = false, order: string[] = []) => {
    const store = await openStore(join(directory, 'store'), { now: Date.now })
    const cache = await openCache(store, { now: () => now, overlayXattr: 'trusted' })
    const events: BuildEvent[] = []
    const ports = portsOf(store, cache, context, events, () => (now += 1000))
    const request = planRequest({ noCache })
    const source = { name: 'Dockerfile', text }
    const { images } = await buildImages(source, [request], { ...ports, bases: stubBases({}) })
    await cache.close()
    await store.close()
    order.push(...events.map(({ type }) => type))
    const ran = new Set(events.flatMap((event) => (event.type === 'step:miss' ? [event.step] : [])))
    const labels = (wanted: (event: BuildEvent) => boolean) =>
      events.flatMap((event) =>
        'label' in event && event.type !== 'step:progress' && wanted(event) ? [event.label] : [],
      )
    return {
      id: images[0]?.image.id,
      ran: labels((event) => event.type === 'step:start' && ran.has(event.step)),
      cached: labels((event) => event.type === 'step:cached'),
      reasons: events.flatMap((event) => (event.type === 'step:miss' ? [event.reason] : [])),
    }
  }
  return { build, write, store: join(directory, 'store') }
}

function portsOf(
  store: Awaited<ReturnType<typeof openStore>>,
  cache: ExecutorPorts['cache'],
  context: string,
  events: BuildEvent[],
  now: () => number,
): ExecutorPorts {
  const none = () => Promise.reject(new Error('no step runs a command here'))
  return {
    cache,
    sources: { context: async () => openContext(context), image: none, remote: none },
    sandbox: none,
    rootfs: none,
    secrets: { ids: [], inLayers: 'refused', read: async () => undefined },
    agents: { serve: async () => undefined },
    hosts: { extra: async () => [], resolvConf: async () => '' },
    temporary: store.temporary,
    locked: store.locked,
    events: (event) => void events.push(event),
    now,
    jobs: 2,
    signal: new AbortController().signal,
  }
}

/** What this process read from files while it worked, all threads together. */
async function bytesRead<T>(work: () => Promise<T>): Promise<{ readonly bytes: number; readonly result: T }> {
  const total = () => Number(/^rchar: (\d+)/m.exec(readFileSync('/proc/self/io', 'utf8'))?.[1])
  const before = total()
  const result = await work()
  return { bytes: total() - before, result }
}

const three = 'FROM scratch\nCOPY a.txt /a\nCOPY b.txt /b\nWORKDIR /w\n'

describe('a build', () => {
  it('takes every step from the cache when nothing changed, and gives the same image', async () => {
    const { build } = await workshop()
    const first = await build(three)
    const second = await build(three)
    expect(first.ran).toHaveLength(3)
    expect(second).toEqual({ id: first.id, ran: [], cached: first.ran, reasons: [] })
  })

  it('does a changed step and those above it again, and no others', async () => {
    const { build, write } = await workshop()
    await build(three)
    write({ 'b.txt': 'changed' })
    const { ran, cached } = await build(three)
    expect(cached).toEqual(['[1/3] COPY a.txt /a'])
    expect(ran).toEqual(['[2/3] COPY b.txt /b', '[3/3] WORKDIR /w'])
  })

  it('does a step again that found the listing of a layer damaged, and says so to nobody', async () => {
    const { build, store } = await workshop()
    const text = 'FROM scratch AS base\nCOPY d /d\nFROM base AS top\nCOPY a.txt /d/\n'
    const first = await build(text)
    for (const path of readdirSync(join(store, 'cache/layers'), { recursive: true, encoding: 'utf8' })) {
      const file = join(store, 'cache/layers', path)
      if (!statSync(file).isFile()) continue
      const bytes = readFileSync(file)
      writeFileSync(file, bytes.fill(0, 0, bytes.length - 200))
    }
    const { id, ran } = await build(text, ['top'])
    expect([id, ran]).toEqual([first.id, ['[top 1/1] COPY a.txt /d/']])
    expect(await build(text)).toMatchObject({ id, ran: [] })
  })

  it('hits whatever the times of files are', async () => {
    const { build, write } = await workshop()
    await build(three)
    write({ 'a.txt': 'a', 'b.txt': 'b' })
    expect((await build(three)).ran).toEqual([])
  })

  it('finds an older state again', async () => {
    const { build, write } = await workshop()
    const first = await build(three)
    write({ 'b.txt': 'changed' })
    await build(three)
    write({ 'b.txt': 'b' })
    expect(await build(three)).toMatchObject({ id: first.id, ran: [] })
  })

  it('does not disturb a stage beside the one that changed', async () => {
    const { build, write } = await workshop()
    const stages =
      'FROM scratch AS x\nCOPY a.txt /a\nFROM scratch AS y\nCOPY b.txt /b\nFROM scratch\nCOPY --from=x /a /\nCOPY --from=y /b /\n'
    await build(stages)
    write({ 'b.txt': 'changed' })
    expect((await build(stages)).ran).toEqual(['[y 1/1] COPY b.txt /b', '[stage-2 2/2] COPY --from=y /b /'])
  })

  it('cuts off early: a step that ran again and gave what it gave before changes nothing above it', async () => {
    const { build, write } = await workshop()
    const chosen = 'FROM scratch AS x\nCOPY . /all\nFROM scratch\nCOPY --from=x /all/a.txt /\n'
    const first = await build(chosen)
    write({ 'b.txt': 'changed' })
    const second = await build(chosen)
    expect(second.ran).toEqual(['[x 1/1] COPY . /all'])
    expect(second.id).toBe(first.id)
  })

  it('reads the bytes behind a hard link whose file is not copied', async () => {
    const { build, write } = await workshop()
    const linked = 'FROM scratch AS x\nADD a.tar /\nFROM scratch\nCOPY --from=x /d /d\n'
    write({ 'a.tar': tar('f a=1', 'd d', 'h d/b->a').toString('latin1') })
    const first = await build(linked)
    write({ 'a.tar': tar('f a=2', 'd d', 'h d/b->a').toString('latin1') })
    const second = await build(linked)
    expect(second.ran).toEqual(['[x 1/1] ADD a.tar /', '[stage-1 1/1] COPY --from=x /d /d'])
    expect(second.id).not.toBe(first.id)
  })

  it('reads each file once, whether the step is in the cache, not there, or not to be looked for', async () => {
    const { build, write } = await workshop()
    const size = 8_000_000
    write({ large: 'x'.repeat(size) })
    const text = 'FROM scratch\nCOPY large d /all/\n'
    const [first, again] = [await bytesRead(() => build(text)), await bytesRead(() => build(text))]
    const unasked = await bytesRead(() => build(text, true))
    for (const { bytes } of [first, again, unasked]) {
      expect(bytes).toBeGreaterThan(size)
      expect(bytes).toBeLessThan(1.5 * size)
    }
    expect(again.result.cached).toEqual(first.result.ran)
  })

  it('shows a copy whose files nobody knows as begun before they are read', async () => {
    const { build } = await workshop()
    const order: string[] = []
    await build('FROM scratch\nCOPY . /\n', false, order)
    expect(order.slice(-3)).toEqual(['step:start', 'step:miss', 'step:done'])
  })

  it('gives the same image and the same keys whether a layer is made before its key or after', async () => {
    const { build, write } = await workshop()
    const text = 'FROM scratch\nCOPY . /all\nCOPY --chown=1:2 d/c.txt a.txt /all/\n'
    const first = await build(text)
    const unmade = await build(text, true)
    expect([unmade.id, unmade.ran]).toEqual([first.id, first.ran])
    write({ 'b.txt': 'changed' })
    await build(text)
    write({ 'b.txt': 'b' })
    expect(await build(text)).toMatchObject({ id: first.id, cached: first.ran, ran: [] })
  })

  it('runs all with --no-cache, and only the named stages with --no-cache-filter', async () => {
    const { build } = await workshop()
    const stages = 'FROM scratch AS x\nCOPY a.txt /a\nFROM scratch AS y\nCOPY --from=x /a /\nCOPY b.txt /b\n'
    const first = await build(stages)
    expect((await build(stages, true)).ran).toEqual(first.ran)
    expect((await build(stages, ['x'])).ran).toEqual(['[x 1/1] COPY a.txt /a'])
  })

  it('tells metadata from files: a label changes the image and runs nothing', async () => {
    const { build } = await workshop()
    const plain = await build(three)
    const labelled = await build(`${three}LABEL a=b\n`)
    expect(labelled.ran).toEqual([])
    expect(labelled.id).not.toBe(plain.id)
  })

  it('names the file in the message when a source is missing', async () => {
    const { build } = await workshop()
    const refused = build('FROM scratch\nCOPY a.text /\n')
    await expect(refused).rejects.toMatchObject({ code: 'TSB_COPY_SOURCE_MISSING', at: { start: { line: 1 } } })
    await expect(refused).rejects.toMatchObject({ hint: 'did you mean "/a.txt"?' })
  })

  it('has no file in an empty image or with --link to look the name of an owner up in', async () => {
    const { build } = await workshop()
    const nowhere = expect.objectContaining({ code: 'TSB_UNKNOWN_USER' })
    await expect(build('FROM scratch\nCOPY --chown=app a.txt /\n')).rejects.toThrow(nowhere)
    await expect(build('FROM scratch\nUSER app\nWORKDIR /w\n')).rejects.toThrow(nowhere)
    await expect(build('FROM scratch\nCOPY a.txt /\nCOPY --link --chown=app a.txt /b\n')).rejects.toThrow(nowhere)
    await build('FROM scratch\nCOPY a.txt /\nCOPY --chown=app a.txt /b\nUSER app\nWORKDIR /w\n')
  })

  it('says which file made a step run again', async () => {
    const { build, write } = await workshop()
    const text = 'FROM scratch\nCOPY . /all\nWORKDIR /w\n'
    expect((await build(text)).reasons).toEqual([{ kind: 'never-built' }, { kind: 'never-built' }])
    write({ 'b.txt': 'changed', 'new.txt': 'n' })
    const files = [
      { path: 'b.txt', change: 'changed' },
      { path: 'new.txt', change: 'added' },
    ]
    const { reasons } = await build(text)
    expect(reasons).toMatchObject([
      { kind: 'changed', changes: [{ kind: 'files', files, more: 0 }] },
      { kind: 'changed', changes: [{ kind: 'step', label: '[1/2] COPY . /all' }] },
    ])
    expect(reasons.map(reasonText)).toEqual(['b.txt changed (1 more)', 'step 1/2 changed'])
  })
})
