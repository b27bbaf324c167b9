import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { mkdtemp } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { TsbuildError } from '../../../src/errors.ts'
import { openProbeCache } from '../../../src/executor/index.ts'
import { scratch } from '../../support/scratch.ts'

it('answers are kept, and nothing is written beside them', async () => {
  const folder = await scratch()
  mkdirSync(join(folder, 'tmp'))
  const file = join(folder, 'cache/probes.json')
  const open = () => openProbeCache(file, (prefix) => mkdtemp(join(folder, 'tmp', prefix)))
  await open().set('a', '1')
  await open().set('b', '2')
  expect([await open().get('a'), await open().get('b'), await open().get('c')]).toEqual(['1', '2', undefined])
  expect(readdirSync(join(folder, 'cache'))).toEqual(['probes.json'])
})

it('an answer that cannot be kept is no error', async () => {
  const folder = await scratch()
  const full = openProbeCache(join(folder, 'probes.json'), async () => {
    throw new TsbuildError('TSB_DISK_FULL', 'no space left')
  })
  await full.set('a', '1')
  const readOnly = openProbeCache(join(folder, 'probes.json'), async () => {
    throw Object.assign(new Error('EROFS'), { code: 'EROFS', errno: -30, syscall: 'mkdir' })
  })
  await readOnly.set('a', '1')
  const broken = openProbeCache(join(folder, 'probes.json'), async () => {
    throw new Error('a bug')
  })
  await expect(broken.set('a', '1')).rejects.toThrow('a bug')
})

it('of answers that somebody touched none is believed', async () => {
  const folder = await scratch()
  const file = join(folder, 'probes.json')
  const open = () => openProbeCache(file, (prefix) => mkdtemp(join(folder, prefix)))
  await open().set('crun', 'a cgroup of devices')
  writeFileSync(file, readFileSync(file, 'utf8').replace('a cgroup', 'b cgroup'))
  expect(await open().get('crun')).toBeUndefined()
  await open().set('runc', 'cgroups')
  expect(await open().get('runc')).toBe('cgroups')
})
