import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it } from 'vitest'
import type { Begun } from '../../../src/executor/sandbox/launch.ts'
import { launchesAhead } from '../../../src/executor/sandbox/launches-ahead.ts'

/** Launches that only say what happens to them. */
function counted() {
  const log: string[] = []
  let number = 0
  const launches = launchesAhead((network): Begun => {
    const name = `${network} ${++number}`
    log.push(`begin ${name}`)
    return { run: () => Promise.reject(new Error(name)), end: () => log.push(`end ${name}`) }
  })
  return { launches, log }
}

it('the next launch is begun while one runs, and is taken then', async () => {
  const { launches, log } = counted()
  const ahead = new AbortController()
  launches.take('default', ahead.signal)
  expect(log).toEqual(['begin default 1'])
  await sleep(30)
  expect(log).toEqual(['begin default 1', 'begin default 2'])
  launches.take('default', undefined)
  await sleep(30)
  expect(log).toEqual(['begin default 1', 'begin default 2'])
  ahead.abort()
  expect(log).toEqual(['begin default 1', 'begin default 2'])
})

it('no more than one launch waits, and it is of no use for another network', async () => {
  const { launches, log } = counted()
  const ahead = new AbortController()
  for (const _ of [1, 2, 3]) launches.take('default', ahead.signal)
  await sleep(30)
  launches.take('none', ahead.signal)
  await sleep(30)
  expect(log).toEqual(['begin default 1', 'begin default 2', 'begin default 3', 'begin default 4', 'begin none 5'])
  ahead.abort()
  expect(log.at(-1)).toBe('end default 4')
})

it('nothing is begun when no step may come any more', async () => {
  const { launches, log } = counted()
  const ahead = new AbortController()
  launches.take('default', ahead.signal)
  ahead.abort()
  await sleep(30)
  expect(log).toEqual(['begin default 1'])
})
