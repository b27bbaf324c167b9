import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { withFolder } from '../../src/export/index.ts'
import { tsbuild } from '../support/command-line.ts'
import { openWorkspace, type Workspace } from '../support/workspace.ts'

describe('a folder that several builds write', () => {
  it('new, at once: none fails, and each tag has a cache that is whole', async () => {
    const machines: Workspace[] = []
    try {
      const folder = async (commit: string) => {
        const made = await openWorkspace()
        machines.push(made)
        made.write({
          'context/Dockerfile': 'FROM scratch\nCOPY a /\nCOPY b /\n',
          'context/a': 'a',
          'context/b': commit,
        })
        return made
      }
      const on = await Promise.all(['x', 'x', 'y', 'z'].map(folder))
      const shared = path.join(on[0]?.directory ?? '', 'cache')
      const to = (at: number) => `type=local,dest=${shared},tag=${at % 2 ? 'main' : 'side'},mode=max,required=true`
      const ran = await Promise.all(on.map((each, at) => tsbuild(each, '-q', '--cache-to', to(at), 'context')))
      expect(ran.map(({ status, stderr }) => ({ status, stderr }))).toEqual(on.map(() => ({ status: 0, stderr: '' })))
      for (const tag of ['main', 'side']) {
        const fresh = await folder('x')
        const from = `type=local,src=${shared},tag=${tag},required=true,verify=true`
        const { stderr } = await tsbuild(fresh, '--progress=plain', '--cache-from', from, 'context')
        expect(stderr).toContain(`CACHED from ${shared}`)
        expect(stderr).not.toContain('warning')
      }
    } finally {
      for (const each of machines) await each[Symbol.asyncDispose]()
    }
  })

  it('is waited for while another one is at it', async () => {
    await using workspace = await openWorkspace()
    workspace.write({ 'context/Dockerfile': 'FROM scratch\nCOPY a /\n', 'context/a': 'a' })
    const shared = path.join(workspace.directory, 'cache')
    let ended = false
    const begun = Promise.withResolvers<void>()
    const writing = await withFolder(shared, undefined, async () => {
      mkdirSync(path.join(shared, 'blobs'))
      const build = workspace
        .build({
          cacheTo: [{ type: 'local', path: shared, required: true }],
          onEvent: (event) => {
            if ('label' in event && event.label.startsWith('exporting cache')) begun.resolve()
          },
        })
        .finally(() => {
          ended = true
          begun.resolve()
        })
      await begun.promise
      // Long enough for one that does not wait to meet what is half-written; nothing hangs on it for one that does.
      await Promise.race([build.catch(() => undefined), sleep(1000)])
      expect(ended).toBe(false)
      writeFileSync(path.join(shared, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}')
      return [build]
    })
    await Promise.all(writing)
    expect(JSON.parse(readFileSync(path.join(shared, 'index.json'), 'utf8')).manifests).toHaveLength(1)
  })

  it('one that was left half-written is written again, and one of something else is not', async () => {
    await using workspace = await openWorkspace()
    workspace.write({ 'context/Dockerfile': 'FROM scratch\nCOPY a /\n', 'context/a': 'a' })
    const [left, other] = ['left', 'other'].map((name) => path.join(workspace.directory, name)) as [string, string]
    mkdirSync(path.join(left, 'blobs'), { recursive: true })
    writeFileSync(path.join(left, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}')
    await workspace.build({ cacheTo: [{ type: 'local', path: left, required: true }] })
    expect(JSON.parse(readFileSync(path.join(left, 'index.json'), 'utf8')).manifests).toHaveLength(1)
    mkdirSync(other)
    writeFileSync(path.join(other, 'mine'), '')
    const refused = workspace.build({ cacheTo: [{ type: 'local', path: other, required: true }] })
    await expect(refused).rejects.toMatchObject({ code: 'TSB_CACHE_EXPORT' })
    expect(readdirSync(other)).toEqual(['mine'])
  })
})
