import { expect, test } from 'vitest'
import type { BuildEvent } from '../../src/index.ts'
import { progressTo } from '../../src/library/progress.ts'

test('a part that reports each of many pieces is told of now and then, and at its end', async () => {
  let time = 1000
  const events: BuildEvent[] = []
  const progress = progressTo(
    (event) => events.push(event),
    () => time,
  )
  await progress.step('pull', 'pulling', async (report) => {
    for (let bytes = 0; bytes <= 500; bytes++, time++) report('a', bytes, 501)
    report('b', 1, 2)
    report('a', 501, 501, true)
  })
  const told = events.flatMap((event) =>
    event.type === 'step:progress' ? [[event.label, event.current, event.done]] : [],
  )
  expect(told).toEqual([
    ['a', 0, undefined],
    ['a', 100, undefined],
    ['a', 200, undefined],
    ['a', 300, undefined],
    ['a', 400, undefined],
    ['a', 500, undefined],
    ['b', 1, undefined],
    ['a', 501, true],
  ])
})
