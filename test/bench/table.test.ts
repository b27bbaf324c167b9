import { expect, test } from 'vitest'
import type { Report, Result } from '../../bench/report.ts'
import { asMarkdown, asText, inSeconds, memoryTable, remarks, timeTable } from '../../bench/table.ts'

function report(...results: readonly Partial<Result>[]): Report {
  const machine = { processor: '', cores: 2, memory: 0, kernel: '', system: '', filesystem: '', node: '' }
  const usual: Result = {
    workload: 'tree',
    mode: 'cold',
    to: 'store',
    tsbuild: { name: 'tsbuild', samples: [1, 5, 1.2] },
    floors: [{ name: 'tar cf', samples: [0.5, 0.6, 0.4], reach: 2 }],
    peers: [],
    memoryLimit: 250e6,
  }
  return {
    format: 1,
    date: '',
    machine,
    versions: {},
    load: [],
    skipped: [],
    results: results.map((result) => ({ ...usual, ...result })),
  }
}

function rows(...results: readonly Partial<Result>[]): readonly string[] {
  return timeTable(report(...results))
    .slice(1)
    .map((row) => row.join(';'))
}

test('a row has medians, their ratio, and whether it reaches what it should', () => {
  expect(rows({}, { tsbuild: { name: 'tsbuild', samples: [1] } })).toEqual([
    'tree;cold;store;1.20 s;0.500 s;tar cf;2.40 ×;≤ 2;OVER',
    'tree;cold;store;1.00 s;0.500 s;tar cf;2.00 ×;≤ 2;ok',
  ])
})

test('each floor has a row, and none is no row less', () => {
  const second = { name: 'cp', samples: [2], reach: 1, only: 'with overlay' }
  expect(rows({ floors: [{ name: 'tar cf', samples: [0.5] }, second] }, { floors: [] })).toEqual([
    'tree;cold;store;1.20 s;0.500 s;tar cf;2.40 ×;–;',
    'tree;cold;store;1.20 s;2.00 s;cp;0.60 ×;≤ 1 with overlay;ok',
    'tree;cold;store;1.20 s;–;;–;–;',
  ])
})

test('peers are columns, with the ratio of our time to theirs', () => {
  const peer = (name: string, seconds: number) => ({ name, samples: [seconds] })
  const table = timeTable(report({ peers: [peer('one', 12)] }, { peers: [peer('two', 0.6)] }))
  expect(table.map((row) => row.slice(9))).toEqual([
    ['one', 'two'],
    ['12.0 s (0.10 ×)', '–'],
    ['–', '0.600 s (2.00 ×)'],
  ])
})

test('what failed says so in its row, and why below', () => {
  const failed: Partial<Result> = { tsbuild: { name: 'tsbuild', samples: [], failure: 'ended with 1' } }
  expect(rows(failed)).toEqual(['tree;cold;store;failed;0.500 s;tar cf;–;≤ 2;'])
  const skipped = [{ name: 'buildctl', why: 'not installed' }]
  expect(remarks({ ...report(failed), skipped })).toEqual([
    'tree cold store: tsbuild failed: ended with 1',
    'buildctl is not measured: not installed',
  ])
})

test('memory has its own table, of the largest parts', () => {
  const part = (name: string, megabytes: number) => ({ name, bytes: megabytes * 1e6 })
  const parts = [part('node', 200), part('runc', 30), part('sh', 15), part('sh', 5), part('sh', 1)]
  const table = memoryTable(report({ memory: { bytes: 251e6, parts } }, {}))
  expect(table.slice(1)).toEqual([
    ['tree', 'cold', 'store', '251 MB', '≤ 250 MB', 'OVER', 'node 200 MB, runc 30 MB, sh 15 MB, 2 more'],
  ])
})

test('a case of which only the memory is looked at has no row of times', () => {
  expect(rows({ tsbuild: { name: 'tsbuild', samples: [] } })).toEqual([])
})

test('columns stand below each other, and a bar does not end a cell of a page', () => {
  const table = [
    ['a', 'bb'],
    ['tar | pigz', ''],
  ]
  expect(asText(table)).toBe('a           bb\ntar | pigz')
  expect(asMarkdown(table)).toBe('| a | bb |\n|---|---|\n| tar \\| pigz |  |')
})

test.each([
  [0.0312, '0.0312 s'],
  [0.5, '0.500 s'],
  [2.041, '2.04 s'],
  [12.34, '12.3 s'],
  [131.2, '131 s'],
])('%d seconds are %s', (seconds, text) => {
  expect(inSeconds(seconds)).toBe(text)
})
