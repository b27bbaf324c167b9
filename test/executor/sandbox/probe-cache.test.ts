import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openProbeCache } from '../../../src/executor/sandbox/probe-cache.ts'
import { scratch } from '../../support/scratch.ts'

test('an answer is kept for the next process', async () => {
  const file = join(await scratch(), 'cache/probes.json')
  await openProbeCache(file).set('crun', 'a cgroup of devices')
  expect(await openProbeCache(file).get('crun')).toBe('a cgroup of devices')
})

test('of answers that somebody touched none is believed', async () => {
  const file = join(await scratch(), 'probes.json')
  await openProbeCache(file).set('crun', 'a cgroup of devices')
  writeFileSync(file, readFileSync(file, 'utf8').replace('a cgroup', 'b cgroup'))
  expect(await openProbeCache(file).get('crun')).toBeUndefined()
  await openProbeCache(file).set('runc', 'cgroups')
  expect(await openProbeCache(file).get('runc')).toBe('cgroups')
})
