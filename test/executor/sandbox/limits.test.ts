import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { findPlace } from '../../../src/executor/sandbox/group-place.ts'
import { readHierarchies } from '../../../src/executor/sandbox/hierarchies.ts'
import { busyboxRoot, hasStaticBusybox } from '../../support/busybox-root.ts'
import { openSteps } from '../../support/steps.ts'

const home = await mkdtemp(join(tmpdir(), 'tsbuild-limits-'))
const root = hasStaticBusybox ? await busyboxRoot(join(home, 'root')) : ''
afterAll(() => rm(home, { recursive: true, force: true }))

const missing = (['memory', 'cpu', 'pids'] as const).map((name) => findPlace(name, undefined)).find(isText)
const megabyte = 2 ** 20

function isText(place: unknown): place is string {
  return typeof place === 'string'
}

/** Groups of this process and its steps that hold limits. */
async function groupsLeft(): Promise<readonly string[]> {
  const folders = readHierarchies().flatMap(({ own, mountPoint }) => [own, mountPoint])
  const names = await Promise.all(folders.map((folder) => readdir(folder)))
  return names.flat().filter((name) => name.startsWith(`tsbuild-${process.pid}-`) && name.endsWith('.limits'))
}

describe.each(['crun', 'runc', 'native'] as const)('%s', async (form) => {
  if (missing !== undefined) return it.skip(`needs control groups: ${missing}`)
  const opened = hasStaticBusybox ? await openSteps(form, root) : 'no static /bin/busybox'
  if (typeof opened === 'string') return it.skip(`is not to be had here: ${opened}`)
  const { run, sh } = opened

  it('D25: more memory than it may have ends a process, which is told with limit and peak', async () => {
    const limit = 24 * megabyte
    const { exceeded } = await run(['sh', '-c', 'head -c 80m /dev/zero | tail | wc -c; true'], {
      resources: { memory: limit },
    })
    expect(exceeded).toMatchObject({ what: 'memory', limit, killed: expect.any(Number) })
    expect(exceeded?.what === 'memory' && exceeded.peak).toBeGreaterThan(limit * 0.9)
    expect(await groupsLeft()).toEqual([])
  })

  it('D25: a fork bomb stays within its number of processes, and is told', async () => {
    const bomb = 'bomb() { bomb | bomb & }; bomb; sleep 0.5; ls -d /proc/[0-9]* | wc -l'
    const { exceeded, stdout } = await run(['sh', '-c', `(${bomb}) 2>/dev/null || true`], {
      resources: { processes: 40, cpus: 0.5 },
    })
    expect(exceeded).toEqual({ what: 'processes', limit: 40 })
    expect(Number(stdout)).toBeLessThanOrEqual(40)
  })

  it('D25: as many processes as it may have, and one more', async () => {
    const line = (children: number) => `for n in $(seq ${children}); do sleep 9 & done; echo all; kill $(jobs -p)`
    const ten = await run(['sh', '-c', line(9)], { resources: { processes: 11 } })
    expect(ten).toMatchObject({ exitCode: 0, stdout: 'all\n' })
    expect(ten.exceeded).toBeUndefined()
    const eleven = await run(['sh', '-c', line(11)], { resources: { processes: 11 } })
    expect(eleven).toMatchObject({ exceeded: { what: 'processes', limit: 11 } })
  })

  it('gets the time of processors that it was given', async () => {
    const spin = 'timeout 1 sh -c "while :; do :; done"; read -r user system rest </proc/self/stat; times'
    const said = await sh(spin, { resources: { cpus: 0.1 } })
    const [, children = ''] = /^\S+ \S+\n(\S+) /m.exec(said) ?? []
    const [, minutes = '9', seconds = '9'] = /^(\d+)m([\d.]+)s$/.exec(children) ?? []
    expect(Number(minutes) * 60 + Number(seconds)).toBeLessThan(0.5)
  })

  it('a step of all rights cannot lift its limits', async () => {
    const lift = 'for f in $(find /sys/fs/cgroup -name pids.max 2>/dev/null); do echo max >$f; done 2>/dev/null'
    const more = 'for n in 1 2 3 4 5 6 7 8 9 10 11 12; do sleep 9 & done'
    const { exceeded } = await run(['sh', '-c', `${lift}; ${more}`], { insecure: true, resources: { processes: 8 } })
    expect(exceeded).toEqual({ what: 'processes', limit: 8 })
  })
})
