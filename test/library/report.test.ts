import { describe, expect, test } from 'vitest'
import { type BuildRecord, buildReport, drawPlan, forecast } from '../../src/index.ts'
import { busyboxBase, hasBusyboxBase, noBusyboxBase } from '../support/busybox-base.ts'
import { openWorkspace, type Workspace } from '../support/workspace.ts'

/** Builds, whatever comes of it, and gives what was written down. */
async function recorded(workspace: Workspace, options: Parameters<Workspace['build']>[0]): Promise<BuildRecord> {
  const records: BuildRecord[] = []
  await workspace.build({ ...options, onRecord: (record) => void records.push(record) }).catch(() => {})
  const [record] = records
  if (!record || records.length > 1) throw new Error(`told of ${records.length} records`)
  return record
}

describe('a page about a build', () => {
  test('has its steps, its Dockerfile and the sizes of its layers', async () => {
    await using workspace = await openWorkspace()
    workspace.write({
      'context/a': 'x'.repeat(5000),
      'context/Dockerfile': 'FROM scratch\n# why\nCOPY a /a\nCOPY a /b\n',
    })
    const record = await recorded(workspace, { tags: ['app:1'] })
    expect(record.status).toBe('completed')
    const page = await buildReport(record, workspace.environment)
    expect(page).toContain('<h1>app:1</h1>')
    expect(page).toContain('<code># why</code>')
    expect(page.match(/<svg class="own"/g)?.length).toBe(4)
    expect(page.match(/never built here/g)?.length).toBeGreaterThanOrEqual(2)
  })

  test('of a Dockerfile that cannot be read says what is wrong', async () => {
    await using workspace = await openWorkspace()
    workspace.write({ 'context/Dockerfile': 'FROM scratch\nCOPPY a /\n' })
    const page = await buildReport(await recorded(workspace, {}), workspace.environment)
    expect(page).toContain('unknown instruction')
    expect(page).not.toContain('id="sizes"')
  })

  test.skipIf(!hasBusyboxBase)(
    hasBusyboxBase ? 'G05 that failed has its log and no value of a secret, wherever a build says it' : noBusyboxBase,
    async () => {
      await using workspace = await openWorkspace()
      const value = 'CANARY<of>report'
      await workspace.import(busyboxBase(), 'base')
      workspace.write({
        'context/Dockerfile': `FROM base\n# ${value}\nARG T\nRUN --mount=type=secret,id=t echo "<b>$(cat /run/secrets/t)</b> $T"; exit 3\n`,
        token: value,
      })
      const record = await recorded(workspace, {
        secrets: { t: { file: 'token' } },
        args: { T: value },
        target: value,
      })
      const failed = await recorded(workspace, { secrets: { t: { file: 'token' } }, args: { T: value } })
      const pages = await Promise.all([record, failed].map((each) => buildReport(each, workspace.environment)))
      for (const page of pages) expect(page).not.toMatch(/CANARY|of&gt;report/)
      expect(pages[1]).toContain('<pre>&lt;b&gt;***&lt;/b&gt; ***\n')
      expect(pages[1]).toMatch(/<li class="step error[^"]*"><details open>/)
    },
  )
})

test('the graph of a plan is drawn without the empty base, and links of COPY --link stand on what is below', async () => {
  await using workspace = await openWorkspace()
  workspace.write({ 'context/a': '1', 'context/Dockerfile': 'FROM scratch\nCOPY a /\nCOPY --link a /b\n' })
  const plan = await forecast({ context: 'context' }, workspace.environment)
  expect(await drawPlan(plan, 'tree', 'app')).toBe(`[2/2] COPY --link a /b  · unknown until [1/2]
├─ [internal] load build context
[1/2] COPY a /  · miss: never built here
├─ [internal] load build context (see above)
`)
  expect((await drawPlan(plan, 'mermaid', 'app')).match(/-->/g)?.length).toBe(3)
})
