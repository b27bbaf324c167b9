import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import { leftRunning } from '../../../src/executor/sandbox/left-running.ts'
import { slirpOptions } from '../../../src/executor/sandbox/network.ts'
import { scratch } from '../../support/scratch.ts'

const slirp = ['/usr/bin/slirp4netns', ...slirpOptions, '4711', 'tap0']

describe('what dead builds left running', () => {
  let proc: string
  beforeEach(async () => {
    proc = await scratch()
    add('self', { parent: 1, user: 1000 })
  })

  /** A process in the listing; without `handles` nobody may look at them. */
  function add(
    pid: number | 'self',
    of: { parent: number; user: number; handles?: readonly string[]; words?: readonly string[]; cwd?: string },
  ): void {
    const folder = join(proc, `${pid}`)
    mkdirSync(folder)
    writeFileSync(join(folder, 'status'), `Name:\tx\nPPid:\t${of.parent}\nUid:\t${of.user}\t${of.user}\n`)
    writeFileSync(join(folder, 'cmdline'), (of.words ?? ['x']).map((word) => `${word}\0`).join(''))
    symlinkSync(of.cwd ?? '/', join(folder, 'cwd'))
    if (of.handles) mkdirSync(join(folder, 'fd'))
    of.handles?.forEach((link, i) => {
      symlinkSync(link, join(folder, 'fd', `${i}`))
    })
  }

  const left = async (folders: readonly string[] = []) =>
    (await leftRunning(folders, proc))
      .filter(({ kind }) => kind !== 'cgroup')
      .map(({ kind, name }) => `${kind} ${name}`)
  const helper = { user: 1000, words: slirp, handles: ['a', 'b', 'c', 'd', 'pipe:[7]'] }

  it('a network helper is none while its parent holds the pipe that it lives by, whatever that is called', async () => {
    add(10, { parent: 1, user: 1000, handles: ['pipe:[7]'], words: ['/opt/node-24'] })
    add(11, { ...helper, parent: 10 })
    add(1, { parent: 0, user: 1000, handles: ['pipe:[7]'], words: ['tsbuild'] })
    add(12, { ...helper, parent: 1 })
    expect(await left()).toEqual([])
  })

  it('a network helper is one when somebody else took it in', async () => {
    add(1, { parent: 0, user: 0 })
    add(10, { parent: 1, user: 1000, handles: ['pipe:[8]'], words: ['systemd', '--user'] })
    add(11, { ...helper, parent: 10 })
    add(12, { ...helper, parent: 1 })
    expect(await left()).toEqual(['network-helper process 11', 'network-helper process 12'])
  })

  it('a network helper of another user, or of a parent that cannot be looked at, is none', async () => {
    add(1, { parent: 0, user: 0, handles: [] })
    add(10, { parent: 1, user: 1000 })
    add(11, { ...helper, parent: 10 })
    add(12, { ...helper, parent: 1, user: 1001 })
    add(13, { ...helper, parent: 14 })
    expect(await left()).toEqual([])
  })

  it('a process is one that works in a folder of a dead build', async () => {
    add(10, { parent: 1, user: 0, cwd: '/store/tmp/dead/run-1' })
    add(11, { parent: 1, user: 0, cwd: '/store/tmp/dead2' })
    expect(await left(['/store/tmp/dead'])).toEqual(['process process 10'])
  })
})
