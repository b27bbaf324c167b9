import { expect, test } from 'vitest'
import { Family, memoryOf, type Process, parseStat, peakMemory } from '../../bench/memory.ts'

function seen(pid: number, parent: number, more: Partial<Process> = {}): Process {
  return { pid, parent, name: `p${pid}`, began: 1, layout: `at ${pid}`, resident: 100, ...more }
}

function pids(processes: readonly Process[]): readonly number[] {
  return processes.map(({ pid }) => pid)
}

test('a family is a process, its children and theirs, in whatever order they are listed', () => {
  const family = new Family(10)
  expect(pids(family.members([seen(30, 20), seen(20, 10), seen(10, 1), seen(40, 1)]))).toEqual([30, 20, 10])
})

test('a process stays in the family when its parent is gone', () => {
  const family = new Family(10)
  family.members([seen(10, 1), seen(20, 10), seen(30, 20)])
  expect(pids(family.members([seen(10, 1), seen(30, 1)]))).toEqual([10, 30])
})

test('a process that has the number of one that ended is a stranger', () => {
  const family = new Family(10)
  family.members([seen(10, 1), seen(20, 10)])
  expect(pids(family.members([seen(10, 1), seen(20, 1, { began: 2 })]))).toEqual([10])
})

test('a child that is still a copy of its parent counts once', () => {
  const copies = [seen(1, 0, { layout: 'same', resident: 70 }), seen(2, 1, { layout: 'same', resident: 65 })]
  expect(memoryOf([...copies, seen(3, 1, { resident: 5 })])).toEqual({
    bytes: 75,
    parts: [
      { name: 'p1', bytes: 70 },
      { name: 'p3', bytes: 5 },
    ],
  })
})

test('a line of /proc/PID/stat is read also when the name has blanks and brackets', () => {
  const fields = Array.from({ length: 50 }, (_, index) => index + 3)
  const line = `42 (a) (b c) ${['S', ...fields.slice(1)].join(' ')}`
  expect(parseStat(line, 4096)).toEqual({
    pid: 42,
    name: 'a) (b c',
    parent: 4,
    began: 22,
    layout: '28:48:26',
    resident: 24 * 4096,
  })
})

test('what children of a program have is part of its peak', async () => {
  const script = 'const held = Buffer.alloc(60e6, 1); setTimeout(() => held.length, 300)'
  const alone = await peakMemory({ argv: [process.execPath, '-e', script] }, '/dev/null')
  const both = await peakMemory({ argv: ['sh', '-c', `"$1" -e "$2"; :`, 'sh', process.execPath, script] }, '/dev/null')
  expect(alone.bytes).toBeGreaterThan(60e6)
  expect(both.bytes).toBeGreaterThan(60e6)
  expect(both.parts.length).toBeGreaterThan(1)
})
