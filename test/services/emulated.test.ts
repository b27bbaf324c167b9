import { copyFileSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { findEmulation } from '../../src/executor/index.ts'
import type { BuildOptions, DoctorReport } from '../../src/index.ts'
import { busyboxBase, hasBusyboxBase } from '../support/busybox-base.ts'
import { findOrdinaryUser, noOrdinaryUser } from '../support/ordinary-user.ts'
import { busyboxArm64, canRegister, registerArm64 } from '../support/qemu.ts'
import { asUser, startCli } from '../support/rungs.ts'
import { scratch } from '../support/scratch.ts'
import { openWorkspace, type Workspace } from '../support/workspace.ts'

const arm64 = process.arch === 'x64' && hasBusyboxBase && canRegister() ? busyboxArm64() : undefined
const why = 'needs root on amd64, qemu-user-static, a kernel with binfmt_misc, static busybox, and Debian’s mirror'

const native = 'FROM --platform=$BUILDPLATFORM base AS native\nRUN /bin/uname -m >/native\n'
const cross = `${native}ARG TARGETARCH\nRUN echo "for $TARGETARCH" >/cross\n`
const foreign = `${cross}FROM base\nCOPY --from=native /native /cross /\nRUN /bin/uname -m >/machine\n`
const platforms = ['linux/amd64', 'linux/arm64']

/** None of these run beside another: what is registered is so for the whole machine. */
describe.skipIf(!arm64)(`RUN on another machine's platform (${why})`, () => {
  let workspace: Workspace
  beforeAll(async () => {
    workspace = await openWorkspace()
    workspace.write({ 'context/none': '' })
    await workspace.import(busyboxBase(), 'amd64')
    const tarball = readFileSync(arm64 ?? '')
    const text = 'FROM scratch AS arm64\nADD arm64.tar /\nFROM amd64 AS amd64\nFROM $TARGETARCH\nCMD ["sh"]\n'
    await workspace.build({
      context: { files: { 'arm64.tar': tarball } },
      dockerfile: `ARG TARGETARCH\n${text}`,
      platform: platforms,
      tags: ['base'],
    })
    return () => workspace[Symbol.asyncDispose]()
  })

  const build = (dockerfile: string, options: Partial<BuildOptions> = {}) => {
    rmSync(join(workspace.directory, 'out'), { recursive: true, force: true })
    const outputs = [{ type: 'local', dest: 'out' }] as const
    return workspace.build({ dockerfile, platform: platforms, outputs, ...options })
  }
  const read = (...names: readonly string[]) => readFileSync(join(workspace.directory, 'out', ...names), 'utf8')

  it('is refused before a step is done, with its line and what to install, where there is no emulator', async () => {
    const events: string[] = []
    const refused = build(foreign, { onEvent: (event) => void events.push(event.type) })
    await expect(refused).rejects.toMatchObject({
      code: 'TSB_EMULATOR_MISSING',
      message: expect.stringMatching(/^\[linux\/arm64 stage-1 3\/3\] RUN .* linux\/arm64/),
      hint: expect.stringMatching(/systemctl restart systemd-binfmt|apt-get install qemu-user-static binfmt-support/),
      at: expect.objectContaining({ start: expect.objectContaining({ line: 6 }) }),
    })
    const alone = build('FROM base\nRUN true\n', { platform: 'linux/arm64' })
    await expect(alone).rejects.toMatchObject({ code: 'TSB_EMULATOR_MISSING' })
  })

  it('is not needed by a build whose RUNs are of this machine', async () => {
    const { ran } = await build(`${cross}FROM base\nCOPY --from=native /native /cross /\nWORKDIR /w\n`)
    expect(ran.filter((label) => label.endsWith('>/native'))).toHaveLength(1)
    expect(platforms.map((each) => read(each.replace('/', '_'), 'native'))).toEqual(['x86_64\n', 'x86_64\n'])
    expect(platforms.map((each) => read(each.replace('/', '_'), 'cross'))).toEqual(['for amd64\n', 'for arm64\n'])
  })

  it.each([
    ['F', 'auto'],
    ['F', 'chroot'],
    ['', 'auto'],
    ['', 'native'],
  ] as const)(
    'runs by an emulator with the flags "%s", --runtime=%s, and leaves nothing of it',
    async (flags, runtime) => {
      using _ = registerArm64(flags)
      await build(foreign, { runtime, noCache: true })
      expect(platforms.map((each) => read(each.replace('/', '_'), 'machine'))).toEqual(['x86_64\n', 'aarch64\n'])
      const names = readdirSync(join(workspace.directory, 'out/linux_arm64')).toSorted()
      expect(names).toEqual(['bin', 'cross', 'dev', 'machine', 'native', 'proc', 'sys'])
    },
  )

  it('is known to work where the kernel does not show what it has, as in a container', async () => {
    const empty = { folder: await scratch(), temporary: async () => scratch() }
    const platform = { os: 'linux', architecture: 'arm64' }
    const registered = async () => {
      using _ = registerArm64('F')
      return await findEmulation(platform, empty)
    }
    expect(await registered()).toEqual({ kind: 'kernel' })
    expect(await findEmulation(platform, empty)).toMatchObject({ kind: 'none' })
  })

  it('that is in the cache needs no emulator any more', async () => {
    const once = async () => {
      using _ = registerArm64('F')
      return (await build(foreign)).result.id
    }
    const id = await once()
    const again = await build(foreign)
    expect([again.ran, again.result.id]).toEqual([[], id])
  })
})

const user = findOrdinaryUser(startCli)

/** Of a base that is built from the tar of the context: a store of another user is not read. */
describe.skipIf(!arm64 || !user)(`RUN for another machine by an ordinary user (${why}; ${noOrdinaryUser})`, () => {
  const whole = 'FROM scratch AS base\nADD arm64.tar /\nFROM base\nRUN /bin/uname -m >/machine\n'
  const builder = asUser(user ?? { uid: 0, gid: 0, name: '' })
  afterAll(builder.remove)
  const build = (...argv: readonly string[]) =>
    builder.run('build', '--no-cache', '--platform=linux/arm64', '-o', 'out', ...argv, 'context')

  it.each([
    ['F', 'auto'],
    ['', 'native'],
  ] as const)('runs by an emulator with the flags "%s", --runtime=%s', async (flags, runtime) => {
    builder.write({ Dockerfile: whole })
    copyFileSync(arm64 ?? '', join(builder.folder, 'context/arm64.tar'))
    using _ = registerArm64(flags)
    const { status, stderr } = await build('--runtime', runtime)
    expect([status, status === 0 ? '' : stderr]).toEqual([0, ''])
    expect(readFileSync(join(builder.folder, 'out/machine'), 'utf8')).toBe('aarch64\n')
  })

  it('is refused with its line and what to install, and doctor says the same', async () => {
    const { status, stderr } = await build()
    expect(status).toBe(1)
    expect(stderr).toMatch(/^Dockerfile:4 +\[TSB_EMULATOR_MISSING\]$/m)
    expect(stderr).toMatch(/^hint: (?:systemctl restart systemd-binfmt|apt-get install qemu-user-static)/m)
    const { stdout } = await builder.run('doctor', '--format', 'json')
    const { findings } = JSON.parse(stdout) as DoctorReport
    expect(findings.find(({ id }) => id === 'emulators')).toMatchObject({
      level: 'note',
      facts: { running: expect.arrayContaining(['linux/amd64']), missing: expect.arrayContaining(['linux/arm64']) },
      fix: expect.stringMatching(/(?:systemd-binfmt|qemu-user-static binfmt-support).*--install arm64,/),
    })
  })
})
