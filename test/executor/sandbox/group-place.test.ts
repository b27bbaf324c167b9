import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { findPlace } from '../../../src/executor/sandbox/group-place.ts'
import { type Hierarchy, hierarchiesIn } from '../../../src/executor/sandbox/hierarchies.ts'
import { waysToGroups } from '../../../src/executor/sandbox/ways-to-groups.ts'

const home = mkdtempSync(join(tmpdir(), 'tsbuild-places-'))
afterAll(() => rmSync(home, { recursive: true, force: true }))

/** A folder as the unified hierarchy has them. A real one would take the controllers from the whole machine. */
function folder(name: string, controllers: string, given = ''): string {
  const path = join(home, name)
  mkdirSync(path, { recursive: true })
  writeFileSync(join(path, 'cgroup.controllers'), `${controllers}\n`)
  writeFileSync(join(path, 'cgroup.subtree_control'), `${given}\n`)
  writeFileSync(join(path, 'cgroup.procs'), '')
  return path
}

function unified(name: string, own: string): readonly Hierarchy[] {
  return [{ version: 2, mountPoint: join(home, name), controllers: [], own: join(home, name, own) }]
}

describe('hierarchies of a machine', () => {
  const mounts = [
    '30 22 0:27 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755',
    '31 30 0:28 / /sys/fs/cgroup/cpu,cpuacct rw,relatime shared:9 - cgroup cgroup rw,cpu,cpuacct',
    '34 30 0:31 /pod/a /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory',
    '40 30 0:37 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw,nsdelegate',
  ].join('\n')

  test('are read with the group that tsbuild is in, as far as it can be seen', () => {
    const groups = '4:memory:/pod/a/b\n1:cpu,cpuacct:/x\n0::/user.slice/a:b\n'
    expect(hierarchiesIn(mounts, groups).map(({ version, own }) => [version, own])).toEqual([
      [1, '/sys/fs/cgroup/cpu,cpuacct/x'],
      [1, '/sys/fs/cgroup/memory/b'],
      [2, '/sys/fs/cgroup/unified/user.slice/a:b'],
    ])
    const outside = hierarchiesIn(mounts, '4:memory:/other')
    expect(outside.map(({ own }) => own)).toContain('/sys/fs/cgroup/memory')
  })
})

describe('where the group of a step is made', () => {
  test('version 1: below that of tsbuild, or below the one that is named', () => {
    const own = join(home, 'v1/mine')
    mkdirSync(own, { recursive: true })
    const hierarchy = { version: 1, mountPoint: join(home, 'v1'), controllers: ['pids', 'x'], own } as const
    expect(findPlace('pids', undefined, [hierarchy])).toMatchObject({ version: 1, folder: own })
    expect(findPlace('pids', '../../named', [hierarchy])).toMatchObject({ folder: join(home, 'v1/named') })
    expect(findPlace('memory', undefined, [hierarchy])).toBe('this machine has no control groups for memory')
  })

  test('version 2: beside that of tsbuild, where the controller is handed down', () => {
    folder('v2', 'cpu memory pids', 'memory')
    const slice = folder('v2/user.slice', 'memory', 'memory')
    folder('v2/user.slice/session', '')
    expect(findPlace('memory', undefined, unified('v2', 'user.slice/session'))).toMatchObject({
      version: 2,
      folder: slice,
    })
    expect(readFileSync(join(slice, 'cgroup.subtree_control'), 'utf8')).toBe('memory\n')
  })

  test('version 2: what is not handed down yet is, from the top', () => {
    const top = folder('top', 'cpu memory pids')
    const slice = folder('top/slice', 'memory')
    folder('top/slice/session', '')
    expect(findPlace('pids', undefined, unified('top', 'slice/session'))).toMatchObject({ folder: slice })
    const given = [top, slice].map((name) => readFileSync(join(name, 'cgroup.subtree_control'), 'utf8'))
    expect(given).toEqual(['+pids', '+pids'])
  })

  test('version 2: without a place it says why', () => {
    folder('bare', 'cpu')
    expect(findPlace('memory', undefined, unified('bare', ''))).toBe('this machine has no control groups for memory')
    rmSync(join(folder('closed', 'memory'), 'cgroup.procs'))
    expect(findPlace('memory', undefined, unified('closed', ''))).toMatch(/closed may not be written to$/)
  })
})

describe('a way to groups that can be made', () => {
  const user = { outside: 1000, isUnified: true, hasSystemd: true }

  test('is only told to whom it can help', () => {
    expect(waysToGroups(user).join()).toContain('systemd-run --user --scope -p Delegate=yes')
    expect(waysToGroups({ ...user, hasSystemd: false })).toEqual(['run tsbuild as root'])
    expect(waysToGroups({ ...user, isUnified: false })).toEqual(['run tsbuild as root'])
    expect(waysToGroups({ ...user, outside: 0 }).join()).toMatch(/^make \/sys\/fs\/cgroup writable/)
  })
})
