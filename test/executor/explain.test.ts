import { describe, expect, test } from 'vitest'
import type { CacheKey, CacheRecord, KeyComponents } from '../../src/cache/index.ts'
import { sha256 } from '../../src/digest/index.ts'
import { type Below, explainMiss, namedFiles } from '../../src/executor/explain.ts'
import type { ExecutorPorts, KeyChange, MissReason } from '../../src/executor/index.ts'
import { type LayerNode, nameFormer } from '../../src/executor/step.ts'
import type { OpId } from '../../src/graph/index.ts'
import { reasonText } from '../../src/reason-text.ts'
import { type Change, contentOf } from '../../src/tree/index.ts'

const run = { kind: 'run', argv: ['/bin/sh', '-c', 'make'], env: ['A=1', 'V=1.2'], user: '', mounts: [] }
const components = (definition: object, more: Partial<KeyComponents> = {}): KeyComponents => ({
  definition: definition as KeyComponents['definition'],
  parent: sha256('parent'),
  inputs: [],
  ...more,
})
const recordOf = (before: KeyComponents, more: Partial<CacheRecord> = {}) =>
  ({ components: before, ...more }) as unknown as CacheRecord

/** What is said of a step that was `before` and is `now`. */
function said(now: object, before: object = run, names: readonly string[] = [], below: Below = {}): string {
  return reasonText(
    explainMiss({ arguments: names }, { components: components(now), below }, recordOf(components(before))),
  )
}

describe('a miss is said in one line', () => {
  test('of variables with their values, by what they are', () => {
    const changed = { ...run, env: ['A=1', 'V=1.3'] }
    expect(said(changed, run, ['V'])).toBe('ARG V 1.2 → 1.3')
    expect(said(changed)).toBe('ENV V 1.2 → 1.3')
    expect(said({ ...run, env: ['A=1'] })).toBe('ENV V is gone (was 1.2)')
    expect(said({ ...run, env: [...run.env, 'B=x y'] })).toBe('ENV B=x y is new')
  })

  test('G06 of a variable whose name speaks of a secret without its values, and of a URL without its login', () => {
    const token = (value: string) => ({ ...run, env: [`NPM_TOKEN=${value}`] })
    const miss = explainMiss(
      {},
      { components: components(token('CANARY1')), below: {} },
      recordOf(components(token('CANARY2'))),
    )
    expect(JSON.stringify(miss)).not.toContain('CANARY')
    expect(reasonText(miss)).toBe('ENV NPM_TOKEN changed')
    const index = (login: string) => ({ ...run, env: [`INDEX=https://${login}@host/x`] })
    expect(said(index('me:CANARY3'), index('me:CANARY4'))).not.toContain('CANARY')
  })

  test('of mounts, users and other parts by the words of the Dockerfile', () => {
    const cache = { kind: 'cache', target: '/root/.npm', readOnly: false }
    expect(said({ ...run, mounts: [cache] })).toBe('mount /root/.npm=type=cache,readOnly=false is new')
    expect(said({ ...run, user: 'app' })).toBe('USER (none) → app')
    const copy = { kind: 'copy', dest: '/app/', sources: [['src', false]], inline: [], chmod: undefined }
    expect(said({ ...copy, chmod: '0755' }, copy)).toBe('--chmod (none) → 0755')
    expect(said({ ...copy, sources: [['lib', false]] }, copy)).toBe('instruction changed: src /app/ → lib /app/')
  })

  test('of two long values the part where they differ', () => {
    const long = (end: string) => ({ ...run, env: [`LIST=${'a'.repeat(200)}${end}`] })
    expect(said(long('x'), long('y'))).toBe(`ENV LIST …${'a'.repeat(20)}y → …${'a'.repeat(20)}x`)
  })

  test('of a base that moved with both digests, and of an earlier step by its place', () => {
    const image = (text: string, name = 'docker.io/library/node:22') => ({ name, manifest: sha256(text) })
    const now = components(run, { parent: sha256('other') })
    const why = (below: Below, before?: CacheRecord['base']) =>
      reasonText(explainMiss({}, { components: now, below }, recordOf(components(run), before && { base: before })))
    const moved = why({ base: image('b') }, image('a'))
    expect(moved).toBe(`base node:22 moved ${sha256('a').slice(0, 19)}… → ${sha256('b').slice(7, 19)}…`)
    expect(why({ base: image('b', 'docker.io/library/node:24') }, image('a'))).toBe('base node:22 → node:24')
    const step = { id: sha256('step') as never, label: '[build 3/5] COPY . .' }
    expect(why({ base: image('a'), missed: step }, image('a'))).toBe('step build 3/5 changed')
    expect(why({})).toBe('an earlier step changed')
  })

  test('of files by path, as people write it, with what else changed counted', () => {
    const files = [['/src/a', '1'] as const, ['/src/new', '1'] as const]
    const before = recordOf(components({ kind: 'copy' }, { inputs: [{ name: 'src', id: sha256('1') }] }), {
      files: [
        ['/src/a', '0'],
        ['/src/old', '0'],
      ],
    })
    const now = components({ kind: 'copy' }, { inputs: [{ name: 'src', id: sha256('2') }] })
    const miss = explainMiss({}, { components: now, files, ofContext: true, below: {} }, before)
    expect(reasonText(miss)).toBe('src/a changed (2 more)')
    expect(miss).toEqual({
      kind: 'changed',
      changes: [
        {
          kind: 'files',
          files: [
            { path: 'src/a', change: 'changed' },
            { path: 'src/new', change: 'added' },
            { path: 'src/old', change: 'removed' },
          ],
          more: 0,
        },
      ],
    })
    const many = Array.from({ length: namedFiles + 5 }, (_, i) => [`/f${i}`, '1'] as const)
    const large = explainMiss({}, { components: now, files: many, below: {} }, { ...before, files: [] })
    expect(reasonText(large)).toBe(`/f0 is new (${namedFiles + 4} more)`)
  })

  test('of a file whose bytes are the same by its mode and its owner', async () => {
    const taken = async (mode: number, uid: number, text: string) => {
      const file = { kind: 'file', path: 'a', mode, uid, gid: 0, size: 1, digest: sha256(text) } as unknown as Change
      const content = await contentOf([file], () => sha256(text))
      return Array.from(content.texts(), ([, one]) => ['/a', one] as const)
    }
    const inputs = (text: string) => ({ inputs: [{ name: 'context', id: sha256(text) }] })
    const before = recordOf(components({ kind: 'copy' }, inputs('1')), { files: await taken(0o644, 0, 'x') })
    const why = async (mode: number, uid: number, text: string) => {
      const files = await taken(mode, uid, text)
      const now = components({ kind: 'copy' }, inputs('2'))
      return reasonText(explainMiss({}, { components: now, files, ofContext: true, below: {} }, before))
    }
    expect(await why(0o600, 0, 'x')).toBe('a: mode 0644 → 0600')
    expect(await why(0o4755, 5, 'x')).toBe('a: mode 0644 → 4755, owner 0:0 → 5:0')
    expect(await why(0o600, 0, 'y')).toBe('a changed')
  })

  test('of what nothing explains but that it is gone, or was not to be taken', () => {
    expect(said(run)).toBe('the result was removed from the cache')
    const about = { components: components(run), below: {} }
    expect(reasonText(explainMiss({ noCache: true }, about, undefined))).toBe('--no-cache')
    expect(reasonText(explainMiss({}, about, undefined))).toBe('never built here')
  })

  test('of what an earlier build had just so: since when it is gone, or which shared cache it came from', async () => {
    const had = async (result: { build: number; source?: string }) => {
      const former = {
        failure: async () => undefined,
        result: async () => result,
      } as unknown as ExecutorPorts['former']
      const changed: MissReason = { kind: 'changed', changes: [{ kind: 'step' }] }
      return reasonText(
        await nameFormer(changed, {} as LayerNode, sha256('key') as CacheKey, { former } as unknown as ExecutorPorts),
      )
    }
    expect(await had({ build: 7 })).toBe('removed from the cache since build 7')
    expect(await had({ build: 7, source: 'reg/c' })).toBe('build 7 took it from reg/c, which does not give it now')
  })

  test('of what failed before beside what changed, by the step below of then when that is in the cache by now', async () => {
    const [step, label] = [sha256('copy') as unknown as OpId, '[build 3/4] COPY a /']
    const changed = (change: KeyChange): MissReason => ({ kind: 'changed', changes: [change] })
    const tried = async (reason: MissReason, then: MissReason) => {
      const former = { instruction: async () => undefined, failure: async () => ({ build: 3, reason: then }) }
      return nameFormer(reason, {} as LayerNode, sha256('key') as CacheKey, { former } as unknown as ExecutorPorts)
    }
    const again = await tried(changed({ kind: 'step' }), changed({ kind: 'step', step, label }))
    expect(again).toEqual({ kind: 'changed', changes: [{ kind: 'step', step, label }], failedIn: 3 })
    expect(reasonText(again)).toBe('step build 3/4 changed (failed in build 3)')
    const files = changed({ kind: 'files', files: [{ path: 'a', change: 'changed' }], more: 2 })
    expect(reasonText(await tried(files, again))).toBe('a changed (2 more; failed in build 3)')
    expect(reasonText(await tried({ kind: 'removed' }, again))).toMatch(/removed from the cache \(failed in build 3\)$/)
    expect(await tried({ kind: 'never-built' }, again)).toEqual({ kind: 'failed', build: 3 })
  })
})
