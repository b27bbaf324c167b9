import { describe, expect, test } from 'vitest'
import { planText } from '../../../src/cli/plans/plan-text.ts'
import { tsbuild } from '../../support/command-line.ts'
import { openWorkspace, type Workspace } from '../../support/workspace.ts'

const dockerfile = 'FROM scratch AS build\nCOPY ["a", "/a"]\nFROM scratch\nCOPY --from=build / /\nCOPY b /\n'

async function opened(): Promise<Workspace> {
  const workspace = await openWorkspace()
  workspace.write({ 'context/a': '1', 'context/b': '2', 'context/Dockerfile': dockerfile })
  return workspace
}

describe('tsbuild plan', () => {
  test('ends with 10 when something would run and with 0 when not, and says so', async () => {
    await using workspace = await opened()
    const before = await tsbuild(workspace, 'plan', 'context')
    expect(before.status).toBe(10)
    expect(before.stdout).toContain('+ [build 1/1] COPY ["a", "/a"]\n    miss: never built here\n')
    expect(before.stdout).toContain('? [stage-1 1/2] COPY --from=build / /\n    unknown until [build 1/1]\n')
    expect(before.stdout).toContain('3 of 3 steps would run; 2 of them may still be found in the cache\n')
    expect((await tsbuild(workspace, 'build', '-q', 'context')).status).toBe(0)
    const after = await tsbuild(workspace, 'plan', 'context')
    expect([after.status, after.stderr]).toEqual([0, ''])
    expect(after.stdout).toContain('= [stage-1 2/2] COPY b /\n\nnothing to run: all of 3 steps are in the cache')
  })

  test('as JSON has a reason for each miss, and the key of each hit', async () => {
    await using workspace = await opened()
    await tsbuild(workspace, 'build', '-q', 'context')
    workspace.write({ 'context/b': '3' })
    const { status, stdout } = await tsbuild(workspace, 'plan', '--format=json', 'context')
    const { steps, done } = JSON.parse(stdout)
    expect([status, done]).toEqual([10, false])
    const layers = steps.filter(({ cache }: { cache: string }) => cache !== 'source')
    expect(layers.map(({ cache }: { cache: string }) => cache)).toEqual(['hit', 'hit', 'miss'])
    expect(layers[0].key).toMatch(/^sha256:/)
    expect(layers[2]).toMatchObject({
      place: 'Dockerfile:5',
      why: 'b changed',
      cacheReason: { what: 'b changed', more: 0 },
    })
  })

  test('as Mermaid and as DOT has a node for each step and an arrow for what it reads', async () => {
    await using workspace = await opened()
    const mermaid = await tsbuild(workspace, 'plan', '--format=mermaid', 'context')
    expect(mermaid.stdout).toMatch(/^flowchart TD\n/)
    expect(mermaid.stdout).toContain('["[build 1/1] COPY [#34;a#34;, #34;/a#34;]<br>miss: never built here"]:::miss')
    const dot = await tsbuild(workspace, 'plan', '--format=dot', 'context')
    expect(dot.stdout).toContain('label="[build 1/1] COPY [\\"a\\", \\"/a\\"]\\nmiss: never built here"')
    for (const { stdout, status } of [mermaid, dot]) expect([stdout.match(/ --?> /g)?.length, status]).toEqual([4, 10])
  })

  test('a Dockerfile that cannot be read is one error, and a flag that no build has is another', async () => {
    await using workspace = await opened()
    const missing = await tsbuild(workspace, 'plan', '-f', 'nosuch', 'context')
    expect([missing.status, missing.stdout]).toEqual([1, ''])
    expect(missing.stderr).toMatch(/^ERROR: failed to read dockerfile/)
    expect((await tsbuild(workspace, 'plan', '--format=svg', 'context')).status).toBe(125)
  })

  test('G05 the value of a secret is stars, also where a build argument brings it into a step or an error', async () => {
    await using workspace = await opened()
    const value = 'CANARY_of_plan'
    workspace.write({ 'context/Dockerfile': 'FROM scratch\nARG T\nCOPY a$T /\n', [`context/a${value}`]: '1' })
    const hidden = { ...workspace, variables: { S: value } }
    const flags = ['--secret', 'id=t,env=S', '--build-arg', `T=${value}`]
    for (const format of ['text', 'tree', 'json', 'mermaid', 'dot']) {
      const { status, stdout, stderr } = await tsbuild(hidden, 'plan', ...flags, `--format=${format}`, 'context')
      expect([status, stdout.includes(value), stderr.includes(value)]).toEqual([10, false, false])
      expect(stdout).toContain(format === 'mermaid' ? 'COPY a#42;#42;#42; /' : 'COPY a*** /')
    }
    workspace.write({ 'context/Dockerfile': 'FROM scratch\nARG T\nCOPY missing$T /\n' })
    const failed = await tsbuild(hidden, 'plan', ...flags, 'context')
    expect([failed.status, failed.stderr.includes(value)]).toEqual([1, false])
    expect(failed.stderr).toContain('missing***')
  })

  test('one step is one step', () => {
    const step = { label: '[1/1] COPY a /', forecast: { kind: 'miss', reason: { kind: 'first' } } }
    const plan = { steps: [step], pulls: [], targets: [], done: false } as never
    expect(planText(plan)).toContain('\n1 of 1 step would run\n')
  })

  test('what a build refuses before it begins is refused too', async () => {
    await using workspace = await opened()
    const cache = `r.test/app@sha256:${'0'.repeat(64)}`
    const { status, stderr } = await tsbuild(workspace, 'plan', '--cache-to', `type=registry,ref=${cache}`, 'context')
    expect([status, stderr]).toEqual([125, expect.stringContaining('has a digest')])
  })
})
