import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { formerSteps, openRecorder, recordFile } from '../../src/builds/index.ts'
import { sha256 } from '../../src/digest/index.ts'
import type { BuildEvent } from '../../src/executor/index.ts'
import type { OpId } from '../../src/graph/index.ts'

const key = sha256('key')
const id = sha256('id') as unknown as OpId
const label = '[1/1] RUN make'
const of = { context: '/app', dockerfile: 'Dockerfile', platforms: [] }

let root: string
beforeEach(() => {
  root = mkdtempSync(path.join(tmpdir(), 'tsbuild-former-'))
})
afterEach(() => rmSync(root, { recursive: true, force: true }))

/** A build of one step, which ended so. */
function built(
  end: 'step:error' | 'step:done' | 'step:cached',
  { context = '/app', text = label, path = 'Dockerfile', target = '', platforms = [] as readonly string[] } = {},
): void {
  const recorder = openRecorder(root, {
    name: 'app',
    started: 1,
    directory: '/',
    context,
    tags: [],
    ...(target && { target }),
  })
  const step = { id, label: text, kind: 'run', inputs: [] } as const
  const ending = {
    'step:error': { message: 'no' },
    'step:done': { key, milliseconds: 1 },
    'step:cached': { key, label: text, source: 'reg/app:cache' },
  }[end]
  const events = [
    { type: 'build:graph', at: 1, steps: [step] },
    { type: 'step:start', at: 1, step: id, label: text },
    { type: 'step:miss', at: 1, step: id, key, reason: { kind: 'never-built' } },
    { type: end, at: 2, step: id, ...ending },
  ] as unknown as readonly BuildEvent[]
  for (const event of events) recorder.event(event)
  const status = end === 'step:error' ? 'error' : 'completed'
  expect(recorder.end({ status, completed: 2, dockerfile: { path }, platforms, images: [] })).toBeDefined()
}

const former = (labels: readonly string[] = [label]) => formerSteps(root, of, () => labels)

test('a step that failed is known by its key and its id, until a later build has it', async () => {
  built('step:error')
  built('step:error', { context: '/other' })
  const failure = { build: 1, reason: { kind: 'never-built' } }
  expect([await former().failure(key), await former().failure(id)]).toEqual([failure, failure])
  expect(await former().failure(sha256('another'))).toBeUndefined()
  built('step:error')
  expect((await former().failure(key))?.build).toBe(3)
  built('step:done')
  expect(await former().failure(key)).toBeUndefined()
})

test('the instruction that stood in a place is that of the newest record of the same Dockerfile', async () => {
  built('step:done', { text: '[1/1] RUN old' })
  built('step:done', { text: '[1/1] RUN dev', path: 'Dockerfile.dev' })
  expect(await former().instruction({ label })).toEqual({ before: 'RUN old', now: 'RUN make' })
  built('step:done', { text: '[1/1] RUN other', target: 'other' })
  expect((await former().instruction({ label }))?.before).toBe('RUN old')
  const asked = formerSteps(root, { ...of, target: 'third' }, () => [label])
  expect((await asked.instruction({ label }))?.before).toBe('RUN other')
  const both = ['linux/arm64', 'linux/amd64']
  built('step:done', { text: '[1/1] RUN both', platforms: both })
  built('step:done', { text: '[1/1] RUN arm', platforms: ['linux/arm64'] })
  const reversed = formerSteps(root, { ...of, platforms: both.toReversed() }, () => [label])
  expect((await reversed.instruction({ label }))?.before).toBe('RUN both')
  expect(await former([label, '[2/2] RUN old']).instruction({ label })).toBeUndefined()
})

test('what was there before is known by its key, with the shared cache that it came from', async () => {
  built('step:error')
  expect(await former().result(key)).toBeUndefined()
  built('step:done')
  built('step:done', { context: '/other' })
  expect(await former().result(key)).toEqual({ build: 2 })
  built('step:cached')
  expect(await former().result(key)).toEqual({ build: 4, source: 'reg/app:cache' })
})

test('no record is read that is too long, nor more than is looked for', async () => {
  built('step:done', { text: '[1/1] RUN old' })
  built('step:error')
  writeFileSync(recordFile(root, 2), `{"context":"/app","pad":"${'x'.repeat(17 << 20)}"}`)
  const { failure, instruction } = former()
  expect(await failure(key)).toBeUndefined()
  expect((await instruction({ label }))?.before).toBe('RUN old')
})
