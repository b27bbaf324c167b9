import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { splitFilter, takeFilter, withFilter } from '../../../src/executor/sandbox/compiled-filter.ts'
import { probeSpec } from '../../../src/executor/sandbox/probe-spec.ts'
import { scratch } from '../../support/scratch.ts'

it('the filter is what the runtime has written into its state, and the probe may end then', async () => {
  const spec = await probeSpec(await scratch(), [])
  const state = join(spec.scratch, 'state', 'step')
  mkdirSync(state, { recursive: true })
  writeFileSync(join(state, 'seccomp.bpf'), 'rules')
  expect(takeFilter(spec)).toBe(Buffer.from('rules').toString('base64'))
  expect(existsSync(join(spec.rootfs.kind === 'directory' ? spec.rootfs.path : '', 'seen'))).toBe(true)
})

it('a runtime that writes none has none, and its probe ends too', async () => {
  const spec = await probeSpec(await scratch(), [])
  expect(takeFilter(spec)).toBe('')
  expect(existsSync(join(spec.rootfs.kind === 'directory' ? spec.rootfs.path : '', 'seen'))).toBe(true)
  expect(splitFilter(withFilter('cgroups', ''))).toEqual({ answer: 'cgroups', filter: undefined })
})

it('a filter is kept with the answer, and is none when it is damaged', () => {
  const kept = withFilter('cgroups', 'AAAA')
  expect(splitFilter(kept)).toEqual({ answer: 'cgroups', filter: 'AAAA' })
  expect(splitFilter(`${kept}B`)).toEqual({ answer: 'cgroups', filter: undefined })
  expect(splitFilter(kept.slice(0, -1))).toEqual({ answer: 'cgroups', filter: undefined })
})
