import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { mkdtemp } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { openProbes } from '../../src/cache/index.ts'
import { TsbuildError } from '../../src/errors.ts'
import { scratch } from '../support/scratch.ts'

async function store() {
  const root = await scratch()
  return { root, file: join(root, 'cache/probes.json'), temporary: (prefix: string) => mkdtemp(join(root, prefix)) }
}

it('answers are kept, and nothing is written beside them', async () => {
  const place = await store()
  await openProbes(place).set('a', '1')
  await openProbes(place).set('b', '2')
  const probes = openProbes(place)
  expect([await probes.get('a'), await probes.get('b'), await probes.get('c')]).toEqual(['1', '2', undefined])
  expect(readdirSync(join(place.root, 'cache'))).toEqual(['probes.json'])
})

it('an answer that cannot be kept is no error', async () => {
  const { root } = await store()
  for (const code of ['TSB_DISK_FULL', 'TSB_STORE_READ_ONLY']) {
    const temporary = () => Promise.reject(new TsbuildError(code, 'it cannot be written'))
    await openProbes({ root, temporary }).set('a', '1')
  }
  const temporary = () => Promise.reject(new Error('a bug'))
  await expect(openProbes({ root, temporary }).set('a', '1')).rejects.toThrow('a bug')
})

it('of answers that somebody touched none is believed', async () => {
  const place = await store()
  await openProbes(place).set('crun', 'a cgroup of devices')
  writeFileSync(place.file, readFileSync(place.file, 'utf8').replace('a cgroup', 'b cgroup'))
  expect(await openProbes(place).get('crun')).toBeUndefined()
  await openProbes(place).set('runc', 'cgroups')
  expect(await openProbes(place).get('runc')).toBe('cgroups')
})
