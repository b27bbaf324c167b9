import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { readEnds } from '../../../src/report/log/ends.ts'
import { readLogs } from '../../../src/report/log/read.ts'
import { serviceRecord } from '../record.ts'

const directory = mkdtempSync(join(tmpdir(), 'tsbuild-logs-'))
afterAll(() => rmSync(directory, { recursive: true, force: true }))

function written(name: string, text: string): string {
  const file = join(directory, name)
  writeFileSync(file, text)
  return file
}

const numbers = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => `line ${from + i}\n`).join('')

describe('the log of a step in a page', () => {
  test('that is short is whole', async () => {
    const file = written('short', 'a\nb')
    expect(await readEnds(file, 100)).toEqual({ head: 'a\nb', tail: '', left: 0, file })
  })

  test('that is long is its first and last whole lines, and how much is between them', async () => {
    const text = numbers(0, 10_000)
    const { head = '', tail = '', left = 0 } = (await readEnds(written('long', text), 4000)) ?? {}
    expect(head).toBe(numbers(0, head.split('\n').length - 1))
    expect(tail).toBe(text.slice(-tail.length))
    expect(tail).toMatch(/^line \d+\n/)
    expect(head.length + left + tail.length).toBe(text.length)
    expect(head.length + tail.length).toBeLessThanOrEqual(4000)
  })

  test('that has no lines is cut where it must be', async () => {
    const { head = '', tail = '' } = (await readEnds(written('endless', 'x'.repeat(9000)), 800)) ?? {}
    expect([head.length, tail.length]).toEqual([100, 700])
  })

  test('that is gone, or a link to another file, is not shown', async () => {
    symlinkSync(written('other', 'secret'), join(directory, 'link'))
    expect(await readEnds(join(directory, 'link'), 100)).toBeUndefined()
    expect(await readEnds(join(directory, 'nosuch'), 100)).toBeUndefined()
  })

  test('shares the room of the page with others; one that failed gets more', async () => {
    const file = written('large', numbers(0, 50_000))
    const steps = Array.from({ length: 200 }, (_, i) => ({
      id: `internal:${i}` as const,
      number: i + 1,
      label: '',
      kind: 'run',
      inputs: [],
      outcome: i === 0 ? ('error' as const) : ('ran' as const),
      log: { bytes: 500_000, lines: 50_000 },
    }))
    const logs = [...(await readLogs({ ...serviceRecord, steps }, () => file)).values()]
    const sizes = logs.map(({ head, tail }) => head.length + tail.length)
    expect(sizes[0]).toBeGreaterThan(400_000)
    expect(Math.max(...sizes.slice(1))).toBeLessThan(17_000)
    expect(sizes.reduce((sum, size) => sum + size)).toBeLessThan(4 << 20)
  })
})
