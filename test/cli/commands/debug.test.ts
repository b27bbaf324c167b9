import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { busyboxBase, hasBusyboxBase, noBusyboxBase } from '../../support/busybox-base.ts'
import { tsbuild, tsbuildOnTerminal } from '../../support/command-line.ts'
import { openWorkspace, type Workspace } from '../../support/workspace.ts'

const canRun = process.getuid?.() === 0 && hasBusyboxBase

describe.skipIf(!canRun)(`the commands that debug${canRun ? '' : ` (need root and ${noBusyboxBase})`}`, () => {
  let work: Workspace
  beforeAll(async () => {
    work = await openWorkspace()
    await work.import(busyboxBase(), 'base')
    work.write({ Dockerfile: 'FROM base\nRUN echo left > /left; exit 3\n' })
  })
  afterAll(() => work[Symbol.asyncDispose]())

  test('--on-error=shell asks for a terminal before anything is built, and has the view end before its shell', async () => {
    const refused = await tsbuild(work, '--on-error=shell', '.')
    expect(refused).toMatchObject({ status: 125, stderr: expect.stringContaining('needs a terminal') })
    expect(refused.stderr).not.toContain('load build definition')
    const input = 'cat /left; echo in the sh""ell; exit 9\n'
    const { status, stdout } = await tsbuildOnTerminal({ ...work, input }, '--on-error=shell', '.')
    expect(status).toBe(1)
    const [, after = ''] = stdout.split('exit ends the build')
    expect(after).toMatch(/left\r+\nin the shell/)
    expect(after).toContain('did not complete successfully: exit code: 3')
  })

  test('shell and run end as their commands do; what is no flag of run is the command', async () => {
    const inStep = await tsbuild({ ...work, input: 'piped' }, 'shell', '--', 'sh', '-c', 'cat /left -; exit 4')
    expect(inStep).toMatchObject({ status: 4, stdout: 'left\npiped' })
    const run = await tsbuild({ ...work, input: 'piped' }, 'run', '--rm', '-i', 'base', 'sh', '-c', 'cat; exit 5', '-t')
    expect(run).toMatchObject({ status: 5, stdout: 'piped' })
    expect(await tsbuild(work, 'run', '--rm', 'base', 'nothing')).toMatchObject({ status: 127 })
    expect(await tsbuild(work, 'run', '-p', '80:80', 'base')).toMatchObject({
      status: 125,
      stderr: expect.stringContaining('no -p'),
    })
  })
})
