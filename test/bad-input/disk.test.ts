import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { getuid } from 'node:process'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { expectComplaint, openBadWorkspace, refused } from '../support/bad-input.ts'
import { busyboxBase, hasBusyboxBase, noBusyboxBase } from '../support/busybox-base.ts'
import { tsbuild } from '../support/command-line.ts'
import { runProgram } from '../support/programs.ts'
import { tar } from '../support/tar.ts'
import { openWorkspace, type Workspace } from '../support/workspace.ts'

const canMount = getuid?.() === 0 && spawnSync('unshare', ['--mount', 'mount', '-t', 'tmpfs', 'x', '/mnt']).status === 0
const able = canMount && hasBusyboxBase
const reason = hasBusyboxBase ? 'needs root, and mounts' : noBusyboxBase

describe.skipIf(!able)(`a disk that gets full (${reason})`, () => {
  let workspace: Workspace
  let volume: string
  /** The same workspace with its store on the small disk. */
  const place = () => ({
    directory: workspace.directory,
    environment: { ...workspace.environment, root: join(volume, 'store') },
  })

  beforeEach(async () => {
    workspace = await openWorkspace()
    volume = join(workspace.directory, 'volume')
    mkdirSync(volume)
    mkdirSync(join(workspace.directory, 'context'))
    runProgram('mount', '-t', 'tmpfs', '-o', 'size=12m', 'tsbuild-test', volume)
    await workspace.import(busyboxBase(), 'busybox')
    rmSync(workspace.environment.root, { recursive: true })
    const imported = await tsbuild(place(), 'import', busyboxBase(), 'busybox')
    if (imported.status !== 0) throw new Error(imported.stderr)
  })
  afterEach(async () => {
    runProgram('umount', volume)
    await workspace[Symbol.asyncDispose]()
  })

  it.each([
    ['in a RUN', 'RUN dd if=/dev/zero of=/big bs=1M count=32', /No space left|disk/],
    ['in a COPY', 'COPY big /', /no space|disk/i],
    ['in an ADD that unpacks', 'ADD big.tar /', /no space|disk/i],
  ])('%s: says so, names nothing, and works again with space', async (_, line, error) => {
    workspace.write({ Dockerfile: `FROM busybox\n${line}\n` })
    runProgram('dd', 'if=/dev/zero', `of=${workspace.directory}/context/big`, 'bs=1M', 'count=16')
    runProgram(
      'tar',
      '-C',
      join(workspace.directory, 'context'),
      '-cf',
      join(workspace.directory, 'context/big.tar'),
      'big',
    )
    const ran = await tsbuild(place(), '-q', '-f', 'Dockerfile', '-t', 'bad', 'context')
    const isStep = line.startsWith('RUN')
    expect(ran.stderr).toMatch(error)
    if (isStep) expectComplaint(ran, { error: /exit code: 1$/, hint: /disk is full .*tsbuild prune/ })
    else expectComplaint(ran, { status: 102, error, hint: /tsbuild prune/ })
    expect((await tsbuild(place(), 'images', '--format', '{{.Repository}}')).stdout).toBe('busybox\n')
    workspace.write({ Dockerfile: 'FROM busybox\nRUN echo hi > /hi\n' })
    expect(await tsbuild(place(), '-q', '-f', 'Dockerfile', '-t', 'good', 'context')).toMatchObject({ status: 0 })
  })

  it('while the context comes on standard input: nothing of it is left', async () => {
    const input = tar('f Dockerfile=FROM scratch', { name: 'big', body: Buffer.alloc(16 * 2 ** 20) })
    const ran = await tsbuild({ ...place(), input }, '-q', '-t', 'bad', '-')
    expectComplaint(ran, { status: 102, error: /no space left for .*context\.tar/, hint: /TSBUILD_ROOT/ })
    expect(runProgram('find', join(volume, 'store/tmp'), '-type', 'f')).toBe('')
  })

  it('while an archive is written: nothing of it is left', async () => {
    const dest = join(volume, 'out.tar')
    runProgram('dd', 'if=/dev/zero', `of=${volume}/ballast`, 'bs=1k', 'count=9000')
    workspace.write({ Dockerfile: 'FROM busybox\nCMD ["sh"]\n' })
    const ran = await tsbuild(place(), '-q', '-f', 'Dockerfile', '-t', 'bad', '-o', `type=oci,dest=${dest}`, 'context')
    expectComplaint(ran, { status: 102, error: /no space|disk/i, hint: /./ })
    expect(existsSync(dest)).toBe(false)
  })
})

describe.skipIf(!able)(`a store that cannot be written (${reason})`, () => {
  it('is read, and a build says so', async () => {
    await using workspace = await openBadWorkspace()
    workspace.write({ 'context/Dockerfile': 'FROM busybox\nRUN true\n' })
    const { root } = workspace.environment
    runProgram('mount', '--bind', '-o', 'ro', root, root)
    try {
      expect(await tsbuild(workspace, 'images', '-q')).toMatchObject({ status: 0, stderr: '' })
      expect(await tsbuild(workspace, 'history', 'busybox')).toMatchObject({ status: 0, stderr: '' })
      const ran = await tsbuild(workspace, '-q', '-t', 'bad', 'context')
      expectComplaint(ran, {
        error: /the store cannot be written to: .*: its file system is read-only$/,
        hint: /TSBUILD_ROOT/,
      })
    } finally {
      runProgram('umount', root)
    }
  })

  it('that is a file is refused', async () => {
    await using workspace = await openBadWorkspace()
    workspace.write({ 'context/Dockerfile': 'FROM busybox\n', file: 'x' })
    await refused(workspace, ['--root', 'file', '-q', '-t', 'bad', 'context'], { error: /file/, hint: /./ })
  })
})
