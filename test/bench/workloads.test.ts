import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { workload, workloads } from '../../bench/workloads.ts'
import { sha256 } from '../../src/digest/index.ts'

const folders: string[] = []

afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true })
})

function made(name: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'tsbuild-workload-'))
  folders.push(folder)
  workload(name).make(folder)
  return folder
}

/** Paths, and the digest of what is in them. */
function content(folder: string): Readonly<Record<string, string>> {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort()
  const files = names.filter((name) => statSync(join(folder, name)).isFile())
  return Object.fromEntries(files.map((name) => [name, sha256(readFileSync(join(folder, name)))]))
}

test.each(['small', 'runs', 'stages', 'rundiff'])('%s is the same bytes on every machine', (name) => {
  expect(sha256(JSON.stringify(content(made(name))))).toMatchSnapshot()
})

test('small is an ordinary service of 200 files', () => {
  const files = Object.keys(content(made('small')))
  expect(files.filter((file) => file.startsWith('src/'))).toHaveLength(200)
  expect(files.filter((file) => !file.startsWith('src/'))).toEqual(['Dockerfile', 'package.json'])
})

test('touch changes one file, each time to something else, and 0 leaves it as it was made', () => {
  const folder = made('small')
  const before = content(folder)
  const changed = [1, 2].map((version) => {
    workload('small').touch?.(folder, version)
    return Object.entries(content(folder)).filter(([file, digest]) => before[file] !== digest)
  })
  expect(changed.map((files) => files.length)).toEqual([1, 1])
  expect(changed[0]).not.toEqual(changed[1])
  workload('small').touch?.(folder, 0)
  expect(content(folder)).toEqual(before)
})

test('a workload that nobody knows is refused with the names of those that there are', () => {
  expect(() => workload('smal')).toThrow('no workload smal: there are small, runs, stages, tree')
  expect(new Set(workloads.map(({ name }) => name)).size).toBe(workloads.length)
})
