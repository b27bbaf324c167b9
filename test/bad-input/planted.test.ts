import { chmodSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { getuid } from 'node:process'
import { describe, expect, it } from 'vitest'
import { openBadWorkspace } from '../support/bad-input.ts'
import { hasBusyboxBase, noBusyboxBase } from '../support/busybox-base.ts'
import { tsbuild } from '../support/command-line.ts'

const able = getuid?.() === 0 && hasBusyboxBase

describe.skipIf(!able)(
  `a folder for temporary files that is open to all (${hasBusyboxBase ? 'needs root' : noBusyboxBase})`,
  () => {
    it('F11 links planted in it at guessed names lead nowhere, and nothing is written there', async () => {
      await using workspace = await openBadWorkspace()
      const [open, victim] = [join(workspace.directory, 'open'), join(workspace.directory, 'victim')]
      mkdirSync(open)
      chmodSync(open, 0o1777)
      writeFileSync(victim, 'CANARY')
      const names = [
        'tsbuild',
        'tsbuild-0',
        'tsbuild.lock',
        'out.tar',
        '.out.tar.tmp',
        'id',
        'id.tmp',
        'node-compile-cache',
      ]
      for (const name of names) symlinkSync(victim, join(open, name))
      for (let pid = process.pid; pid < process.pid + 200; pid++) symlinkSync(victim, join(open, `tsbuild-${pid}`))
      const before = readdirSync(open).sort()
      workspace.write({ Dockerfile: 'FROM busybox\nRUN echo hi > /hi\nCOPY --from=busybox /bin/busybox /x\n' })
      const place = { ...workspace, temporary: open }
      const flags = ['-q', '-f', 'Dockerfile', '-t', 'app', '-o', 'type=oci,dest=open/out.tar', '--iidfile', 'open/id']
      expect(await tsbuild(place, ...flags, 'context')).toMatchObject({ status: 0, stderr: '' })
      expect(readdirSync(open).sort()).toEqual(before)
      expect(readFileSync(victim, 'utf8')).toBe('CANARY')
      expect(readFileSync(join(open, 'id'), 'utf8')).toMatch(/^sha256:/)
      expect(readFileSync(join(open, 'out.tar')).length).toBeGreaterThan(1000)
    })
  },
)
