import { expect, test } from 'vitest'
import { sha256 } from '../../src/digest/index.ts'
import type { BuildEvent } from '../../src/index.ts'
import { showPulls } from '../../src/library/pulls-shown.ts'

test('a blob that is fetched is a step from its first byte to its last; one that does not come is not waited for', () => {
  const events: BuildEvent[] = []
  let at = 0
  const pulls = showPulls(
    (event) => events.push(event),
    () => at,
  )
  const blob = (name: string) => ({ mediaType: 'x', digest: sha256(Buffer.from(name)), size: 1000 })
  for (const received of [10, 20, 500, 1000, 1000]) {
    pulls.onBytes(blob('whole'), received)
    at += 60
  }
  pulls.onBytes(blob('half'), 3)
  pulls.end()
  pulls.end()
  const told = events.map((event) => `${event.type} ${'current' in event ? event.current : ''}`.trim())
  expect(told).toEqual([
    'step:start',
    'step:progress 10',
    'step:progress 500',
    'step:progress 1000',
    'step:done',
    'step:start',
    'step:progress 3',
    'step:canceled',
  ])
})
