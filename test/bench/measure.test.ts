import { expect, test } from 'vitest'
import { CommandFailed } from '../../bench/command.ts'
import { type Contender, measure } from '../../bench/measure.ts'

function recording(calls: string[], name: string, more: Partial<Contender> = {}): Contender {
  return {
    name,
    setUp: async () => void calls.push(`set up ${name}`),
    before: async () => void calls.push(`before ${name}`),
    once: async () => calls.push(name),
    ...more,
  }
}

test('contenders take turns, each round begins with another one, and what each left is written before the next', async () => {
  const calls: string[] = []
  await measure([recording(calls, 'a'), recording(calls, 'b')], 2, async () => void calls.push('settle'))
  expect(calls).toEqual([
    ...['set up a', 'set up b'],
    ...['before a', 'settle', 'a', 'before b', 'settle', 'b'],
    ...['before b', 'settle', 'b', 'before a', 'settle', 'a'],
  ])
})

test('samples are what a contender says, and one that is slow has fewer', async () => {
  const contenders = [
    recording([], 'quick', { once: async () => 1 }),
    recording([], 'slow', { once: async () => 9, rounds: 2 }),
  ]
  expect(await measure(contenders, 3, async () => undefined)).toEqual([
    { name: 'quick', samples: [1, 1, 1] },
    { name: 'slow', samples: [9, 9] },
  ])
})

test('one that fails drops out, and the others go on', async () => {
  const failing = recording([], 'failing', {
    once: async () => {
      throw new CommandFailed({ argv: ['false'] }, 'ended with 1', 'why\n')
    },
  })
  const measured = await measure([failing, recording([], 'other', { once: async () => 1 })], 2, async () => undefined)
  expect(measured).toEqual([
    { name: 'failing', samples: [], failure: 'false: ended with 1\nwhy' },
    { name: 'other', samples: [1, 1] },
  ])
})

test('a bug of the benchmark is no failure of a contender', async () => {
  const broken = recording([], 'broken', { once: () => Promise.reject(new TypeError('oops')) })
  await expect(measure([broken], 1, async () => undefined)).rejects.toThrow('oops')
})
