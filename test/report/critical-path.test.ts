import { expect, test } from 'vitest'
import { criticalPath, waitings } from '../../src/report/critical-path.ts'
import { reportPage } from '../../src/report/index.ts'
import { serviceRecord, stepsOf } from './record.ts'

test('the critical path goes back from the last step to what each one waited for longest', () => {
  const places = [...criticalPath(serviceRecord)].map(({ number }) => number).reverse()
  expect(places).toEqual([2, 4, 5, 8, 10, 11, 12, 13, 14])
})

test('a step that was ready and had no turn has waited since its last input was there', () => {
  const steps = stepsOf([
    { name: 'a', label: 'a', from: 0, to: 10 },
    { name: 'b', label: 'b', from: 0, to: 30 },
    { name: 'c', label: 'c', reads: ['a', 'b', 'not there'], from: 75, to: 80 },
    { name: 'd', label: 'd', reads: ['c'], outcome: 'not-run' },
  ])
  const waited = waitings({ ...serviceRecord, steps })
  const found = [...waited].map(([{ label }, { last, idle }]) => [label, last.label, idle])
  expect(found).toEqual([['c', 'b', 45]])
})

test('a record that names itself as its input, or has no steps, has a path that ends', () => {
  const loop = stepsOf([{ name: 'a', label: 'a', reads: ['a'], from: 0, to: 5 }])
  expect(criticalPath({ ...serviceRecord, steps: loop }).size).toBe(1)
  expect(criticalPath({ ...serviceRecord, steps: [] }).size).toBe(0)
})

test('instructions of the Dockerfile have the colours of the timeline: those on the critical path another than what ran beside it', () => {
  const page = reportPage(serviceRecord, new Map())
  const looks = [...page.matchAll(/<li id="L\d+" class="(ran[^"]*)"/g)].map(([, look]) => look)
  const critical = ['ran critical', 'ran critical heavy', 'ran critical heavy', 'ran critical', 'ran critical']
  expect(looks).toEqual([...critical, 'ran', 'ran', 'ran critical', 'ran critical'])
})
