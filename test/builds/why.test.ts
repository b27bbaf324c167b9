import { describe, expect, test } from 'vitest'
import {
  type BuildRecord,
  compareBuilds,
  explainBuild,
  findBuild,
  findStep,
  type StepRecord,
} from '../../src/builds/index.ts'
import { readRecord } from '../../src/builds/schema.ts'
import { sha256 } from '../../src/digest/index.ts'
import type { OpId } from '../../src/graph/index.ts'
import type { MissReason } from '../../src/index.ts'

const idOf = (text: string) => sha256(text) as unknown as OpId

function step(label: string, more: Partial<StepRecord> = {}): StepRecord {
  const kind = / COPY| ADD/.test(label) ? 'copy' : 'run'
  return { id: idOf(label), number: 1, label, kind, inputs: [], outcome: 'ran', ...more }
}

function build(steps: readonly StepRecord[], more: Partial<BuildRecord> = {}): BuildRecord {
  const about = { version: 1, id: 'a'.repeat(20), number: 2, name: 'app', status: 'completed', directory: '/' } as const
  const numbered = steps.map((each, i) => ({ ...each, number: i + 1 }))
  return {
    ...about,
    started: 1,
    completed: 2,
    context: '/app',
    platforms: [],
    tags: [],
    images: [],
    ...more,
    steps: numbered,
  }
}

const files = (...paths: readonly string[]): MissReason => ({
  kind: 'changed',
  changes: [{ kind: 'files', files: paths.map((path) => ({ path, change: 'changed' })), more: 0 }],
})

const because = (label: string): MissReason => ({
  kind: 'changed',
  changes: [{ kind: 'step', step: idOf(label), label }],
})

const adviceOf = (record: BuildRecord) =>
  explainBuild(record, []).steps.flatMap(({ advice }) => advice.map(({ kind }) => kind))

describe('why a step ran', () => {
  test('names the step for which it had to, and the build that had it before', () => {
    const [copy, make] = [step('[1/2] COPY src /src'), step('[2/2] RUN make')]
    const before = build([copy, { ...make, id: idOf('other') }], { number: 1 })
    const now = build([
      { ...copy, reason: files('src/a') },
      { ...make, reason: because(copy.label) },
    ])
    const [, second] = explainBuild(now, [now, before, build([make], { number: 1, context: '/other' })]).steps
    expect(second?.cause?.label).toBe(copy.label)
    expect(second?.earlier).toMatchObject({ build: { number: 1, context: '/app' }, step: { label: make.label } })
    expect(adviceOf(now)).toEqual([])
  })

  test('names what changed below also when the step is tried again, as it failed', () => {
    const copy = step('[1/2] COPY src /src')
    const make = step('[2/2] RUN make', { outcome: 'error', reason: because(copy.label) })
    const first = build([{ ...copy, reason: files('src/a') }, make], { number: 1 })
    const again = { ...make, reason: { ...because(copy.label), failedIn: 1 } as MissReason }
    const now = build([{ ...copy, outcome: 'cached' }, again])
    expect(readRecord(JSON.stringify(now))?.steps[1]?.reason).toEqual(again.reason)
    const [explained] = explainBuild(now, [now, first]).steps
    expect(explained?.cause).toMatchObject({ label: copy.label, outcome: 'cached', reason: files('src/a') })
  })

  test('says why the step below ran, also when that was in a build before', () => {
    const [copy, make] = [step('[1/2] COPY src /src', { key: sha256('key') }), step('[2/2] RUN make')]
    const ran = build([{ ...copy, reason: files('src/a') }], { number: 1, target: 'deps' })
    const now = build([
      { ...copy, outcome: 'cached' },
      { ...make, reason: because(copy.label) },
    ])
    expect(explainBuild(now, [now, ran]).steps[0]?.cause?.reason).toEqual(files('src/a'))
  })

  test('is told of the last build of the same Dockerfile, target and platforms, else of one that differs, and in what', () => {
    const make = step('[1/1] RUN make', { reason: { kind: 'removed' } })
    const dockerfile = { path: 'Dockerfile' }
    const now = build([make], { number: 9, dockerfile })
    const alike = build([make], { number: 2, dockerfile })
    const others = [
      build([make], { number: 5, dockerfile: { path: 'Dockerfile.dev' } }),
      build([make], { number: 7, dockerfile, target: 'test', platforms: ['linux/arm64'] }),
    ]
    const earlierOf = (...builds: readonly BuildRecord[]) => {
      const { earlier } = explainBuild(now, builds).steps[0] ?? {}
      return earlier && [earlier.build.number, earlier.differs]
    }
    expect(earlierOf(...others, alike)).toEqual([2, undefined])
    expect(earlierOf(...others)).toEqual([7, ['target', 'platforms']])
    expect(earlierOf(others[0] as BuildRecord)).toEqual([5, ['dockerfile']])
  })

  test('advises to copy less above an install', () => {
    const [copy, install] = [step('[1/2] COPY . .'), step('[2/2] RUN npm ci --omit=dev')]
    const record = build([
      { ...copy, reason: files('src/a') },
      { ...install, reason: because(copy.label) },
    ])
    expect(adviceOf(record)).toEqual(['copy-above-install'])
    const lock = step('[1/2] COPY package.json package-lock.json ./')
    expect(adviceOf(build([lock, { ...install, reason: because(lock.label) }]))).toEqual([])
  })

  test('advises to leave out what is seldom meant: .git, logs, the Dockerfile itself', () => {
    const copy = step('[1/1] COPY . .')
    const record = build([{ ...copy, reason: files('.git/index', '.git/HEAD', 'debug.log', 'src/a') }])
    const advice = explainBuild(record, []).steps[0]?.advice.map(({ text }) => text)
    expect(advice?.[0]).toMatch(/^\.git\/index and 1 more like it is in the context: write \.git into \.dockerignore/)
    expect(advice).toHaveLength(2)
    expect(adviceOf(build([{ ...copy, reason: files('/app/.git/index') }]))).toEqual([])
  })

  test('has no such advice for files that are gone', () => {
    const gone = { kind: 'files', files: [{ path: '.git/index', change: 'removed' }], more: 0 } as const
    const reason: MissReason = { kind: 'changed', changes: [gone] }
    expect(adviceOf(build([step('[1/1] COPY . .', { reason })]))).toEqual([])
  })

  test('advises to declare an ARG below a step that does not name it', () => {
    const change = { kind: 'variable', name: 'VERSION', argument: true, before: '1', now: '2' } as const
    const reason: MissReason = { kind: 'changed', changes: [change] }
    const text = 'FROM x\nARG VERSION\nRUN make\nRUN echo $VERSION\n'
    const at = (line: number) => ({ lines: { start: line, end: line }, reason })
    const steps = [step('[2/3] RUN make', at(3)), step('[3/3] RUN echo 2', at(4))]
    const [first, second] = explainBuild(build(steps, { dockerfile: { path: 'Dockerfile', text } }), []).steps
    expect([first?.advice.map(({ kind }) => kind), second?.advice]).toEqual([['argument-too-early'], []])
  })

  test('follows an ARG through ENV and LABEL: what uses it goes with it, and what nothing uses can go', () => {
    const changed = (...names: readonly string[]): MissReason => ({
      kind: 'changed',
      changes: names.map((name) => ({
        kind: 'variable',
        name,
        ...(name === name.toUpperCase() && { argument: true }),
        before: '1',
        now: '2',
      })),
    })
    const texts = (text: string, line: number, ...names: readonly string[]) => {
      const make = step('RUN make', { lines: { start: line, end: line }, reason: changed(...names) })
      const { steps } = explainBuild(build([make], { dockerfile: { path: 'Dockerfile', text } }), [])
      return steps.flatMap(({ advice }) => advice.map(({ text }) => text.replace(/^.*all the same: /, '')))
    }
    const stamped = 'FROM x\nARG V\nLABEL rev=$V\nENV \\\n  # says which\n  app_v=$V\nRUN make\n'
    expect(texts(stamped, 7, 'V', 'app_v')).toEqual(['move ARG V and what uses it (LABEL, ENV) below this step'])
    expect(texts(stamped.replace('make', 'make $app_v'), 7, 'V', 'app_v')).toEqual([])
    expect(texts('FROM x\nARG V\nRUN make\n', 3, 'V')).toEqual([
      'nothing uses it: remove ARG V, unless a command reads it',
    ])
    const staged = 'FROM x AS a\nARG V\nFROM a\nRUN make\nFROM y\nARG V\nRUN echo $V\n'
    expect(texts(staged, 4, 'V')[0]).toMatch(/^nothing uses it/)
    expect(texts(`${staged}FROM a\nCOPY $V /\n`, 4, 'V')[0]).toMatch(/^nothing uses it/)
    expect(texts('FROM x AS a\nARG V\nRUN make\nFROM a\nCOPY $V /\n', 3, 'V')[0]).toMatch(/^declare ARG V below/)
    expect(texts('FROM x\nARG V\nRUN echo $V\nRUN make\n', 4, 'V')[0]).toMatch(/^move this step above ARG V/)
    expect(texts('FROM x\nENV v=2\nRUN make\n', 3, 'v')).toEqual([
      'move ENV v below this step, unless the command reads it',
    ])
    expect(texts('FROM x\nRUN <<E\nENV v=2\nE\nRUN make\n', 5, 'v')).toEqual([])
  })

  test('advises to pin what others change: a URL, a base', () => {
    const url = step('[internal] load https://x/f', { kind: 'http' })
    const add = step('[1/1] ADD https://x/f /', { inputs: [url.id], reason: files('/f') })
    const image = (text: string) => ({ name: 'docker.io/library/node:22', manifest: sha256(text) })
    const base: MissReason = { kind: 'changed', changes: [{ kind: 'base', before: image('a'), now: image('b') }] }
    expect(adviceOf(build([url, add]))).toEqual(['url-not-pinned'])
    expect(adviceOf(build([step('[1/1] RUN make', { reason: base })]))).toEqual(['base-not-pinned'])
    expect(adviceOf(build([step('[1/1] RUN make', { reason: { kind: 'removed' } })]))).toEqual(['removed'])
  })
})

test('a number is never taken for the beginning of an id', () => {
  const builds = [build([], { number: 2, id: `9${'a'.repeat(19)}` })]
  expect(() => findBuild('9', builds)).toThrow('no such build: 9')
  expect(findBuild('9a', builds).number).toBe(2)
})

test('a step is named by its number, its place, its stage for the last of it, or a part of its label, without digests', () => {
  const record = build([
    step('[internal] load metadata for x:latest', { kind: 'internal' }),
    step(`[test 1/3] FROM x@${sha256('99')}`, { kind: 'image' }),
    step('[test 3/3] RUN make'),
    step('[test 2/3] COPY a99 /'),
    step('[two 1/1] RUN true'),
    step('[linux/arm64 web 2/2] COPY --from=two / /'),
  ])
  const named = (text: string) => findStep(text, record).number
  expect(['1', '#3', 'test 2/3', '1/1', 'make', 'a99'].map(named)).toEqual([1, 3, 4, 5, 3, 4])
  expect(['test', 'two', 'web', 'linux/arm64 web'].map(named)).toEqual([3, 5, 6, 6])
  for (const text of ['99', '#99', 'latest', sha256('99').slice(9, 13)])
    expect(() => named(text)).toThrow('has no step')
  expect(() => named('COPY')).toThrow('several steps of build 2 are "COPY": #4, #6')
})

test('two builds are compared step by step: the same, on other files, another instruction, new, gone', () => {
  const key = (text: string) => ({ key: sha256(text) })
  const before = build([
    step('[build 1/3] COPY a /', key('a')),
    step('[build 2/3] RUN make', key('b')),
    step('[build 3/3] RUN test', key('c')),
    step('[old 1/1] RUN x', key('x')),
  ])
  const now = build([
    step('[build 1/4] COPY a /', { ...key('a2'), id: idOf('[build 1/3] COPY a /') }),
    step('[build 2/4] RUN make all', key('b2')),
    step('[build 3/4] RUN test', { ...key('c'), id: idOf('[build 3/3] RUN test') }),
    step('[build 4/4] RUN lint', key('d')),
  ])
  const { steps } = compareBuilds(before, now)
  expect(steps.map(({ kind }) => kind)).toEqual(['inputs', 'instruction', 'same', 'added', 'removed'])
})
