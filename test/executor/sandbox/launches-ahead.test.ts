import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import type { Begun, Connection } from '../../../src/executor/sandbox/launch.ts'
import { launchesAhead } from '../../../src/executor/sandbox/launches-ahead.ts'

/** Launches that only say what happens to them. */
function counted() {
  const log: string[] = []
  let number = 0
  const launches = launchesAhead((network, kept): Begun => {
    const name = `${network} ${++number}${kept ? ` in ${kept.namespace}` : ''}`
    log.push(`begin ${name}`)
    return { run: () => Promise.reject(new Error(name)), end: () => log.push(`end ${name}`) }
  })
  const connection = (namespace: string, fresh = () => true): Connection => ({
    namespace,
    isFresh: fresh,
    close: () => log.push(`close ${namespace}`),
  })
  return { launches, log, connection }
}

/** What a build says of its further commands, until it is over. */
function furtherCommands(count = 9) {
  const over = new AbortController()
  return { over, ahead: { until: over.signal, expected: () => count } }
}

it('the next launch is begun while one runs, and is taken then', async () => {
  const { launches, log } = counted()
  const { over, ahead } = furtherCommands()
  launches.take('default', ahead)
  expect(log).toEqual(['begin default 1'])
  await sleep(30)
  expect(log).toEqual(['begin default 1', 'begin default 2'])
  launches.take('default', undefined)
  await sleep(30)
  expect(log).toEqual(['begin default 1', 'begin default 2'])
  over.abort()
  expect(log).toEqual(['begin default 1', 'begin default 2'])
})

it('no more than one launch waits, and it is of no use for another network', async () => {
  const { launches, log } = counted()
  const { over, ahead } = furtherCommands()
  for (const _ of [1, 2, 3]) launches.take('default', ahead)
  await sleep(30)
  launches.take('none', ahead)
  await sleep(30)
  expect(log).toEqual(['begin default 1', 'begin default 2', 'begin default 3', 'begin default 4', 'begin none 5'])
  over.abort()
  expect(log.at(-1)).toBe('end default 4')
})

it('nothing is begun when no step may come any more', async () => {
  const { launches, log } = counted()
  const { over, ahead } = furtherCommands()
  launches.take('default', ahead)
  over.abort()
  await sleep(30)
  expect(log).toEqual(['begin default 1'])
})

it('nothing is begun when all commands have begun', async () => {
  const { launches, log } = counted()
  launches.take('default', furtherCommands(0).ahead)
  await sleep(30)
  expect(log).toEqual(['begin default 1'])
})

describe('the connection of a launch that has ended', () => {
  it('is for the next one that wants the usual network', () => {
    const { launches, log, connection } = counted()
    const { ahead } = furtherCommands()
    launches.keep(connection('a'), ahead)
    launches.take('none', undefined)
    launches.take('default', undefined)
    launches.take('default', undefined)
    expect(log).toEqual(['begin none 1', 'begin default 2 in a', 'begin default 3'])
  })

  it('is closed when something is left in it, at once or later', () => {
    const { launches, log, connection } = counted()
    const { ahead } = furtherCommands()
    launches.keep(
      connection('a', () => false),
      ahead,
    )
    const answers = [true, false]
    launches.keep(
      connection('b', () => answers.shift() ?? false),
      ahead,
    )
    launches.take('default', undefined)
    expect(log).toEqual(['close a', 'close b', 'begin default 1'])
  })

  it('is closed when no step may come, at once or later', () => {
    const { launches, log, connection } = counted()
    const { over, ahead } = furtherCommands()
    launches.keep(connection('a'), undefined)
    launches.keep(connection('b'), furtherCommands(0).ahead)
    launches.keep(connection('c'), ahead)
    expect(log).toEqual(['close a', 'close b'])
    over.abort()
    launches.keep(connection('d'), ahead)
    expect(log).toEqual(['close a', 'close b', 'close c', 'close d'])
  })
})
