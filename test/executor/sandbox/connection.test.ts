import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readlinkSync } from 'node:fs'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { Child } from '../../../src/executor/sandbox/child.ts'
import { connectionOf } from '../../../src/executor/sandbox/connection.ts'
import { until } from '../../support/processes.ts'

const able = spawnSync('unshare', ['--net', 'true']).status === 0

/** What gives the way out, as far as a connection looks at it. */
function helper() {
  const done = { isOver: false }
  const kill = () => {
    done.isOver = true
  }
  return { done, child: { isOver: () => done.isOver, kill } as Child }
}

/** A process in a network namespace of its own. */
async function alone() {
  const child = spawn('unshare', ['--net', 'sleep', '600'], { stdio: 'ignore' })
  onTestFinished(() => void child.kill('SIGKILL'))
  const ownNamespace = readlinkSync('/proc/self/ns/net')
  const { pid = 0 } = child
  expect(await until(() => readlinkSync(`/proc/${pid}/ns/net`) !== ownNamespace)).toBe(true)
  return { child, pid, namespace: readlinkSync(`/proc/${pid}/ns/net`) }
}

const openHandles = () => readdirSync('/proc/self/fd').length

describe.skipIf(!able)('a connection (needs root)', () => {
  it('keeps the namespace of a process that is gone, until it is closed', async () => {
    const before = openHandles()
    const { child, pid, namespace } = await alone()
    const { done, child: slirp } = helper()
    const connection = connectionOf(pid, slirp)
    child.kill('SIGKILL')
    await once(child, 'exit')
    const entered = spawnSync('nsenter', [`--net=${connection.namespace}`, 'readlink', '/proc/self/ns/net'])
    expect(entered.stdout.toString().trim()).toBe(namespace)
    expect(connection.isFresh()).toBe(true)
    connection.close()
    expect([connection.isFresh(), done.isOver]).toEqual([false, true])
    expect(openHandles()).toBeLessThanOrEqual(before)
  })

  it('is not to be used again when its helper is gone', async () => {
    const { pid } = await alone()
    const { done, child: slirp } = helper()
    const connection = connectionOf(pid, slirp)
    done.isOver = true
    expect(connection.isFresh()).toBe(false)
    connection.close()
  })
})

it('a connection of a process that is gone can be closed, and nothing else', () => {
  const before = openHandles()
  const { done, child } = helper()
  const connection = connectionOf(2 ** 22 + 1, child)
  expect([connection.namespace, connection.isFresh()]).toEqual([undefined, false])
  connection.close()
  expect(done.isOver).toBe(true)
  expect(openHandles()).toBeLessThanOrEqual(before)
})
