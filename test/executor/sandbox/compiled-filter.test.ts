import { mkdir, mkdtemp, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { compiledFilter } from '../../../src/executor/sandbox/compiled-filter.ts'
import type { Sandbox } from '../../../src/executor/sandbox/index.ts'
import { scratch } from '../../support/scratch.ts'

/** A cache in memory, and a sandbox that leaves a filter as crun does, or none. */
async function probing(filter: string | undefined) {
  const folder = await scratch()
  const answers = new Map<string, string>()
  let runs = 0
  const sandbox: Sandbox = {
    name: 'crun',
    resolvConf: () => '',
    async run(spec, output, signal) {
      runs++
      const state = join(spec.scratch, 'state', 'step')
      await mkdir(state, { recursive: true })
      if (filter !== undefined) await writeFile(join(state, 'seccomp.bpf'), filter)
      output('stdout', Buffer.from('\n'))
      signal.throwIfAborted()
      return { exitCode: 0 }
    },
  }
  const cache = {
    get: async (key: string) => answers.get(key),
    set: async (key: string, value: string) => void answers.set(key, value),
  }
  const ask = () => compiledFilter(sandbox, 'crun 1', cache, (prefix) => mkdtemp(join(folder, prefix)))
  return { ask, answers, runs: () => runs }
}

it('the filter is what the runtime has written when the command runs, and is asked for once', async () => {
  const { ask, runs } = await probing('rules')
  expect(await ask()).toBe(Buffer.from('rules').toString('base64'))
  expect(await ask()).toBe(Buffer.from('rules').toString('base64'))
  expect(runs()).toBe(1)
})

it('a runtime that writes none is not asked again', async () => {
  const { ask, runs } = await probing(undefined)
  expect(await ask()).toBeUndefined()
  expect(await ask()).toBeUndefined()
  expect(runs()).toBe(1)
})

it('what is damaged in the cache is not taken', async () => {
  const { ask, answers } = await probing('rules')
  await ask()
  for (const [key, answer] of answers) answers.set(key, answer.slice(0, -3))
  expect(await ask()).toBeUndefined()
})
