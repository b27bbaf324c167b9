import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { schedule } from '../../src/executor/schedule.ts'

const never = new AbortController().signal
const task = (id: string, ...inputs: string[]) => ({ id, inputs })

test('a task starts when its inputs are done, and gets their results', async () => {
  const results = await schedule(
    [task('a'), task('b'), task('c', 'a', 'b')],
    4,
    never,
    async ({ id, inputs }, resultOf: (id: string) => string) => id + inputs.map(resultOf).join(''),
  )
  expect(results.get('c')).toBe('cab')
})

test('no more than `jobs` tasks hold a slot at once', async () => {
  let [running, most] = [0, 0]
  const tasks = Array.from({ length: 9 }, (_, i) => task(String(i)))
  await schedule(tasks, 2, never, async (_, __, slot) =>
    slot(async () => {
      most = Math.max(most, ++running)
      await sleep(5)
      running--
      return 1
    }),
  )
  expect(most).toBe(2)
})

test('after a failure nothing new starts, running tasks are told, and the failure is thrown when they have ended', async () => {
  const seen: string[] = []
  const done = schedule([task('bad'), task('slow'), task('after', 'bad')], 4, never, async ({ id }, _, __, signal) => {
    seen.push(id)
    if (id === 'bad') throw new Error('broken')
    await sleep(10_000, undefined, { signal }).catch(() => seen.push('slow was told'))
    return id
  })
  await expect(done).rejects.toThrow('broken')
  expect(seen).toEqual(['bad', 'slow', 'slow was told'])
})

test('an abort from outside ends the work and throws its reason', async () => {
  const controller = new AbortController()
  const done = schedule([task('a')], 1, controller.signal, async (_, __, ___, signal) => {
    setTimeout(() => controller.abort(new Error('enough')), 5)
    await sleep(10_000, undefined, { signal })
    return 1
  })
  await expect(done).rejects.toThrow('enough')
})
