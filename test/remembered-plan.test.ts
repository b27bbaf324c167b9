import { describe, expect, test } from 'vitest'
import type { Digest } from '../src/digest/index.ts'
import { planImage } from '../src/plan-image.ts'
import type { PlanRequest } from '../src/planner/index.ts'
import { rememberedPlan } from '../src/remembered-plan.ts'
import { planRequest, stubBases } from './support/planning.ts'

const text = `FROM base AS build
ARG VERSION=1
COPY src /src
RUN make $VERSION
FROM base
COPY --from=build /out /out
cmd run
`
const source = { name: 'Dockerfile', text }
const config = { os: 'linux', architecture: 'amd64', rootfs: { type: 'layers', diff_ids: [] } } as const
const otherConfig = { ...config, config: { Env: ['A=1'] } }

/** Plans with one memory, and counts how many were made. */
function memory() {
  const texts = new Map<Digest, string>()
  const plans = {
    find: async (key: Digest) => texts.get(key),
    save: async (key: Digest, value: string) => void texts.set(key, value),
  }
  let made = 0
  const plan = (
    file = source,
    request: PlanRequest = planRequest(),
    base: typeof config | typeof otherConfig = config,
  ) =>
    rememberedPlan(file, request, { bases: stubBases({ base }), plans }, async (...asked) => {
      made++
      return planImage(...asked)
    })
  return { plan, made: () => made, texts }
}

describe('a remembered plan', () => {
  test('is the plan as it was made, with places in the file', async () => {
    const { plan, made } = memory()
    const first = await plan()
    const second = await plan({ ...source })
    expect(made()).toBe(1)
    expect(second).toEqual(first)
    expect(second.warnings.length).toBeGreaterThan(0)
  })

  test.each<
    [string, { readonly file?: typeof source; readonly request?: PlanRequest; readonly base?: typeof otherConfig }]
  >([
    ['another text, be it a comment', { file: { name: 'Dockerfile', text: `# hi\n${text}` } }],
    ['another name of the file', { file: { name: 'Dockerfile.prod', text } }],
    ['a build argument', { request: planRequest({ buildArgs: new Map([['VERSION', '2']]) }) }],
    ['a label', { request: planRequest({ labels: new Map([['a', 'b']]) }) }],
    ['a target', { request: planRequest({ target: 'build' }) }],
    ['--no-cache', { request: planRequest({ noCache: true }) }],
    ['what is allowed', { request: planRequest({ allow: new Set(['network.host']) }) }],
    ['a base image that moved', { base: otherConfig }],
    ['the patterns of the ignore file', { request: planRequest({ ignorePatterns: async () => ['src'] }) }],
  ])('is not used for %s', async (_, { file, request, base }) => {
    const { plan, made } = memory()
    await plan(source, planRequest({ ignorePatterns: async () => [] }))
    await plan(file ?? source, request ?? planRequest({ ignorePatterns: async () => [] }), base ?? config)
    expect(made()).toBe(2)
  })

  test('does not keep what is for fetching or for RUN alone: proxies and logins may hold passwords', async () => {
    const { plan, made, texts } = memory()
    const proxied = planRequest({ buildArgs: new Map([['HTTP_PROXY', 'http://me:hunter2@proxy.lan']]) })
    const file = { name: 'Dockerfile', text: 'FROM base\nADD https://me:hunter2@files.example.com/a /\n' }
    await plan(source, proxied)
    await plan(file)
    await plan(file)
    expect([...texts.values()].join()).not.toContain('hunter2')
    expect(made()).toBe(3)
  })

  test('is not made of an error', async () => {
    const { plan, made, texts } = memory()
    const wrong = { name: 'Dockerfile', text: 'FROM base\nCOPY --from=nowhere-else-1 /a /\nWORKDIRS /a\n' }
    await expect(plan(wrong)).rejects.toThrow('WORKDIRS')
    await expect(plan(wrong)).rejects.toThrow('WORKDIRS')
    expect([made(), texts.size]).toEqual([2, 0])
  })
})
