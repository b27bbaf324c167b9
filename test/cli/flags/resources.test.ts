import { expect, test } from 'vitest'
import { FlagError } from '../../../src/cli/flags/flag-error.ts'
import { readDuration } from '../../../src/cli/flags/limits.ts'
import { type ResourceFlags, readResources } from '../../../src/cli/flags/resources.ts'
import { readSecurityOptions } from '../../../src/cli/flags/security-opt.ts'

const read = (flags: Partial<ResourceFlags>) => readResources({ resource: [], ...flags })
const megabyte = 2 ** 20

test.each<[Partial<ResourceFlags>, ReturnType<typeof read>]>([
  [{}, undefined],
  [{ memory: '6m' }, { memory: 6 * megabyte }],
  [{ memory: '0' }, undefined],
  [{ cpus: '0' }, undefined],
  [
    { memory: '64m', memorySwap: '64m' },
    { memory: 64 * megabyte, memorySwap: 64 * megabyte },
  ],
  [
    { memory: '64m', memorySwap: '-1' },
    { memory: 64 * megabyte, memorySwap: -1 },
  ],
  [{ cpus: '0.01' }, { cpus: 0.01 }],
  [{ cpuQuota: '150000' }, { cpus: 1.5 }],
  [{ cpuQuota: '5000', cpuPeriod: '10000' }, { cpus: 0.5 }],
  [{ cpuQuota: '-1' }, undefined],
  [{ pidsLimit: '1' }, { processes: 1 }],
  [{ pidsLimit: '0' }, { processes: -1 }],
  [{ pidsLimit: '-1' }, { processes: -1 }],
  [{ resource: ['memory=64m,cpu-quota=50000', 'pids-limit=7'] }, { memory: 64 * megabyte, cpus: 0.5, processes: 7 }],
  [{ resource: ['memory=64m'], memory: '32m' }, { memory: 32 * megabyte }],
])('%j is %j', (flags, resources) => {
  expect(read(flags)).toEqual(resources)
})

test.each<Partial<ResourceFlags>>([
  { memory: `${6 * megabyte - 1}` },
  { memory: 'much' },
  { memorySwap: '64m' },
  { memory: '64m', memorySwap: '63m' },
  { cpus: '0.009' },
  { cpus: '-2' },
  { cpus: '1', cpuQuota: '1' },
  { pidsLimit: '-2' },
  { pidsLimit: '1.5' },
  { resource: ['memory'] },
  { resource: ['cpuset-cpus=0'] },
])('%j is refused', (flags) => {
  expect(() => read(flags)).toThrow(FlagError)
})

test.each([
  ['90s', 90_000],
  ['1h30m', 5_400_000],
  ['1.5s', 1500],
  ['20ms', 20],
])('%s is %i ms', (text, milliseconds) => {
  expect(readDuration('--step-timeout', text)).toBe(milliseconds)
})

test.each(['', '90', 's', '1d', '1m x', '-1s', '600h'])('%j is no duration', (text) => {
  expect(() => readDuration('--step-timeout', text)).toThrow(FlagError)
})

test('--security-opt is about system calls; what is so anyway is taken, all else refused', () => {
  expect(readSecurityOptions(['seccomp=a', 'no-new-privileges', 'seccomp=unconfined'])).toEqual({
    seccomp: 'unconfined',
  })
  expect(readSecurityOptions(['seccomp:/p.json'])).toEqual({ seccomp: { file: '/p.json' } })
  for (const text of ['apparmor=mine', 'label=type:x', 'seccomp=', 'no-new-privileges=false', 'privileged']) {
    expect(() => readSecurityOptions([text])).toThrow(FlagError)
  }
})
