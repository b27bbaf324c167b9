import { readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { getuid } from 'node:process'
import { beforeAll, describe, expect, it } from 'vitest'
import type { BuildOptions } from '../../src/index.ts'
import { busyboxBase, hasBusyboxBase, noBusyboxBase } from '../support/busybox-base.ts'
import { openWorkspace, type Workspace } from '../support/workspace.ts'

const able = getuid?.() === 0 && hasBusyboxBase

describe.skipIf(!able)(
  `cache mounts of builds that do not trust each other (${hasBusyboxBase ? 'needs root' : noBusyboxBase})`,
  () => {
    let workspace: Workspace
    beforeAll(async () => {
      workspace = await openWorkspace()
      await workspace.import(busyboxBase(), 'base')
      return () => workspace[Symbol.asyncDispose]()
    })

    /** What a step finds in a cache that has this id, before it adds a line. */
    async function found(id: string, line: string, options: Partial<BuildOptions> = {}): Promise<string> {
      const dest = join(workspace.directory, 'out')
      rmSync(dest, { recursive: true, force: true })
      const mount = '--mount=type=cache,id=$ID,target=/c'
      const text = `FROM base\nARG ID='${id}'\nRUN ${mount} touch /c/f && cp /c/f /found && echo ${line} >>/c/f\nFROM scratch\nCOPY --from=0 /found /\n`
      const outputs = [{ type: 'local', dest }] as const
      workspace.write({ 'context/.dockerignore': '*' })
      await workspace.build({ dockerfile: text, outputs, noCache: true, runtime: 'native', ...options })
      return readFileSync(join(dest, 'found'), 'utf8')
    }
    const inside = (namespace: string) => ({ args: { BUILDKIT_CACHE_MOUNT_NS: namespace } })

    it('F13 are apart by namespace, whatever their ids are', async () => {
      expect(await found('i', 'ci', inside('ci'))).toBe('')
      expect(await found('i', 'again', inside('ci'))).toBe('ci\n')
      expect(await found('i', 'pr', inside('pr'))).toBe('')
      const forged = ['i', 'ci/i', '["i",{"namespace":"ci"}]']
      for (const id of forged) expect(await found(id, 'none')).toBe('')
      expect(await found('i', 'last', inside('ci'))).toBe('ci\nagain\n')
    })

    it('F13 --no-cache-mounts gives each build its own, which is gone with it', async () => {
      await found('kept', 'trusted')
      const kept = readdirSync(join(workspace.environment.root, 'mounts'))
      expect(await found('kept', 'poison', { cacheMounts: false })).toBe('')
      expect(readdirSync(join(workspace.environment.root, 'mounts'))).toEqual(kept)
      expect(readdirSync(join(workspace.environment.root, 'tmp'))).toEqual([])
      expect(await found('kept', 'more')).toBe('trusted\n')
    })
  },
)
