import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { stepsDone } from '../../bench/builders/tsbuild.ts'
import { cases } from '../../bench/cases.ts'
import { parseFlags } from '../../bench/flags.ts'
import { versionIn } from '../../bench/machine.ts'
import { asMarkdownPage, writeInto } from '../../bench/print.ts'
import type { Report } from '../../bench/report.ts'
import { tarOf } from '../../bench/tar.ts'
import { workload } from '../../bench/workloads.ts'

test('a log shows which steps were done: those that have no line CACHED', () => {
  const log = `#3 [1/3] FROM docker.io/library/busybox:latest
#3 DONE 0.0s

#4 [2/3] COPY app /app
#4 CACHED

#5 [web 3/3] RUN true
#5 0.1 #4 CACHED
#5 DONE 0.1s
`
  expect(stepsDone(log)).toEqual(['[web 3/3] RUN true'])
})

test('every case is of a workload that there is', () => {
  for (const one of cases) expect(workload(one.workload).name).toBe(one.workload)
})

test('flags choose workloads and modes; a number of rounds is a number', () => {
  expect(parseFlags(['--only', 'runs,small', '--rounds', '2', '--no-peers'])).toMatchObject({
    only: ['runs', 'small'],
    rounds: 2,
    peers: false,
  })
  expect(() => parseFlags(['--rounds', '0'])).toThrow('--rounds 0')
})

test('layers of the deep image are tars that tar can read', () => {
  const bytes = tarOf([{ name: 'a/' }, { name: 'a/b', body: 'text' }])
  const listed = execFileSync('tar', ['tvf', '-', '--utc', '--numeric-owner'], { input: bytes, encoding: 'utf8' })
  expect(listed.trim().split('\n')).toEqual([
    'drwxr-xr-x 0/0               0 1970-01-01 00:00 a/',
    '-rw-r--r-- 0/0               4 1970-01-01 00:00 a/b',
  ])
})

test.each([
  ['buildah version 1.28.2 (image-spec 1.1.0-rc2)', '1.28.2'],
  ['docker-registry github.com/docker/distribution 2.8.2+ds1', '2.8.2+ds1'],
  ['pigz 2.6', '2.6'],
])('%s says version %s', (line, version) => {
  expect(versionIn(line)).toBe(version)
})

test('a report takes the place of the one before it in a page, and nothing else changes', () => {
  const folder = mkdtempSync(join(tmpdir(), 'tsbuild-page-'))
  const page = join(folder, 'page.md')
  const machine = { processor: 'x', cores: 2, memory: 2 ** 34, kernel: '6', system: 's', filesystem: 'f', node: 'v24' }
  const report: Report = {
    ...{ format: 1, date: '2026-01-02T00:00:00Z', machine, versions: { runc: '1' }, load: [0, 1] },
    ...{ results: [], skipped: [{ name: 'buildctl', why: 'not installed\nmore' }] },
  }
  writeFileSync(page, 'before\n\n<!-- bench: begin -->\nold\n<!-- bench: end -->\n\nafter\n')
  writeInto(page, report)
  writeInto(page, report)
  const text = readFileSync(page, 'utf8')
  rmSync(folder, { recursive: true })
  expect(text).toBe(`before\n\n<!-- bench: begin -->\n${asMarkdownPage(report)}\n\n<!-- bench: end -->\n\nafter\n`)
  expect(text).toContain('2026-01-02: x, 2 cores, 16 GiB, s, Linux 6, f; Node v24; load 0 → 1; runc 1.')
  expect(text).toContain('- buildctl is not measured: not installed\n')
})
