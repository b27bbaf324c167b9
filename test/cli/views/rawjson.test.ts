import { expect, test } from 'vitest'
import { rawJsonView } from '../../../src/cli/views/rawjson.ts'
import type { BuildEvent, Warning } from '../../../src/index.ts'
import { happens } from './events.ts'

async function lines(events: readonly BuildEvent[], warnings: readonly Warning[] = []): Promise<readonly unknown[]> {
  let text = ''
  const view = rawJsonView((line) => {
    text += line
  })
  for (const event of events) view.event(event)
  await view.close(warnings)
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))
}

test('events become status objects of BuildKit, one a line', async () => {
  const events = [
    happens.build(0, 3),
    happens.start(0, 'a', 'RUN x'),
    happens.log(500, 'a', 'hi\n'),
    happens.progress(600, 'a', 'sha256:1', 5, 10),
    happens.error(700, 'a', 'failed'),
    happens.cached(800, 'b', 'COPY . .'),
    happens.notice(900, 'note'),
  ]
  const digest = 'internal:a'
  const started = '1970-01-01T00:00:00.000Z'
  expect(await lines(events)).toEqual([
    { vertexes: [{ digest, name: 'RUN x', started }] },
    { logs: [{ vertex: digest, stream: 1, data: 'aGkK', timestamp: '1970-01-01T00:00:00.500Z' }] },
    {
      statuses: [
        {
          id: 'sha256:1',
          vertex: digest,
          total: 10,
          current: 5,
          timestamp: '1970-01-01T00:00:00.600Z',
          started: '1970-01-01T00:00:00.600Z',
        },
      ],
    },
    { vertexes: [{ digest, name: 'RUN x', started, completed: '1970-01-01T00:00:00.700Z', error: 'failed' }] },
    {
      vertexes: [
        {
          digest: 'internal:b',
          name: 'COPY . .',
          started: '1970-01-01T00:00:00.800Z',
          completed: '1970-01-01T00:00:00.800Z',
          cached: true,
        },
      ],
    },
    { notice: 'note' },
  ])
})

test('H07: names and messages cannot break a line', async () => {
  const hostile = 'x\n"}\u2028\x1b[2J'
  const found = await lines([
    happens.start(0, 'a', hostile),
    happens.error(1, 'a', hostile),
    happens.notice(2, hostile),
  ])
  expect(found).toHaveLength(3)
})

test('warnings come last, with their place', async () => {
  const source = { name: 'Dockerfile', text: 'FROM a\n' }
  const at = { source, start: { line: 0, column: 5 }, end: { line: 0, column: 6 } }
  const found = await lines([], [{ rule: 'R', message: 'm', at, url: 'https://x', description: 'd' }])
  expect(found).toEqual([
    {
      warnings: [
        {
          vertex: 'internal:definition',
          level: 1,
          short: Buffer.from('R: m (line 1)').toString('base64'),
          detail: [Buffer.from('d').toString('base64')],
          url: 'https://x',
          sourceInfo: {
            filename: 'Dockerfile',
            data: Buffer.from('FROM a\n').toString('base64'),
            language: 'Dockerfile',
          },
          range: [{ start: { line: 1, character: 5 }, end: { line: 1, character: 6 } }],
        },
      ],
    },
  ])
})
