import { spawnSync } from 'node:child_process'
import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { getuid } from 'node:process'
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { findPlace } from '../../src/executor/sandbox/group-place.ts'
import { busyboxArchive, hasBusybox } from '../support/busybox.ts'
import { busyboxBase, hasBusyboxBase, noBusyboxBase } from '../support/busybox-base.ts'
import { startTsbuild, tsbuild } from '../support/command-line.ts'
import { findOrdinaryUser, noOrdinaryUser } from '../support/ordinary-user.ts'
import { descendantsOf, isAlive, killThose, processesWith, until } from '../support/processes.ts'
import { hasProgram } from '../support/programs.ts'
import { openWorkspace, type Workspace } from '../support/workspace.ts'

const isRoot = getuid?.() === 0
const reason = hasBusyboxBase ? (isRoot ? 'on busybox' : 'needs root') : noBusyboxBase
const holdsLimits = (['memory', 'cpu', 'pids'] as const).every((name) => typeof findPlace(name, undefined) !== 'string')
const isFiltered = hasProgram('runc') || hasProgram('crun')

/** A number that stands on no other command line of this machine. */
const marker = () => `${100_000 + Math.floor(Math.random() * 900_000)}.${Math.floor(Math.random() * 1e6)}`

describe.skipIf(!hasBusyboxBase || !isRoot)(`flags of all RUNs (${reason})`, () => {
  let workspace: Workspace
  beforeAll(async () => {
    workspace = await openWorkspace()
    await workspace.import(busyboxBase(), 'base')
    return () => workspace[Symbol.asyncDispose]()
  })

  /** Builds a Dockerfile with flags; `out` has what the last step wrote into it. */
  function build(instructions: string, ...flags: readonly string[]) {
    workspace.write({ 'context/Dockerfile': `FROM base\n${instructions}\n` })
    return tsbuild(workspace, '--progress=plain', ...flags, 'context')
  }

  async function files(instructions: string, ...flags: readonly string[]) {
    const dest = join(workspace.directory, 'files')
    rmSync(dest, { recursive: true, force: true })
    const ran = await build(`${instructions}\nFROM scratch\nCOPY --from=0 /out /`, '-o', dest, ...flags)
    return { ...ran, read: (name: string) => readFileSync(join(dest, name), 'utf8') }
  }

  describe.skipIf(!holdsLimits)('limits (need control groups)', () => {
    test('D25: --memory: a step that needs more fails with the numbers, also when it says that all is well', async () => {
      const run = 'RUN head -c 80m /dev/zero | tail | wc -c'
      const { status, stderr } = await build(run, '--memory', '24m')
      expect(status).toBe(1)
      expect(stderr).toMatch(/Dockerfile:2 {2}\[TSB_STEP_OUT_OF_MEMORY\]/)
      expect(stderr).toMatch(
        /ran out of memory: the limit is 24 MiB, it had 2\d MiB, and (one|\d) of its processes (was|were) killed/,
      )
      expect(stderr).toContain('hint: a higher --memory lets it have more: --memory=48m')
      expect(await build(run)).toMatchObject({ status: 0, stderr: expect.not.stringContaining('CACHED') })
    })

    test('D25: --pids-limit: a fork bomb fails, and this machine goes on', async () => {
      const run = 'RUN bomb() { bomb | bomb & }; bomb 2>/dev/null; sleep 0.5'
      const { status, stderr } = await build(run, '--pids-limit=40', '--cpus=0.5')
      expect({ status, stderr }).toMatchObject({ status: 1, stderr: expect.stringContaining('[TSB_STEP_PROCESSES]') })
      expect(stderr).toContain('had more than 40 processes and threads')
    })

    test('limits are no part of keys', async () => {
      await build('RUN echo keys', '-m=64m', '--cpus=1', '--pids-limit=99', '--step-timeout=9m', '--retry=1')
      expect((await build('RUN echo keys')).stderr).toMatch(/CACHED/)
    })
  })

  test('a limit that cannot be held is an error, and nothing has run', async () => {
    const file = join(workspace.directory, 'parent')
    writeFileSync(file, '')
    const flags = ['--memory=64m', '--cgroup-parent=/cgroup.procs/none']
    const { status, stderr } = await build('RUN echo it-ran', ...flags)
    expect({ status, stderr }).toMatchObject({ status: 1, stderr: expect.stringContaining('[TSB_LIMIT_UNAVAILABLE]') })
    expect(stderr).not.toMatch(/^#\d+ [\d.]+ it-ran$/m)
  })

  describe('--step-timeout', () => {
    test('ends a RUN with all its children, and says so', async () => {
      const mark = marker()
      const { status, stderr } = await build(`RUN setsid sleep ${mark} & sleep ${mark}`, '--step-timeout=700ms')
      expect({ status, stderr }).toMatchObject({ status: 1, stderr: expect.stringContaining('[TSB_STEP_TIMEOUT]') })
      expect(stderr).toContain(`sleep ${mark}" was stopped after 0.7 s, the time that --step-timeout gives a RUN`)
      expect(processesWith(`sleep ${mark}`)).toEqual([])
    })
  })

  describe('--retry', () => {
    /** Fails until the third try. Ids of caches are in no key, so the command has one too. */
    const third = (id = marker()) =>
      `RUN --mount=type=cache,target=/c,id=${id} : ${id}; echo >>/c/tries; mkdir /out || exit 9; n=$(wc -l </c/tries); touch /out/try$n /left$n; [ $n = 3 ] && ls / >/out/root`

    test('runs a RUN again on clean files, and shows what was tried', async () => {
      const { status, stderr, read } = await files(third(), '--retry', '2', '--retry-delay=1ms')
      expect({ status, stderr }).toMatchObject({ status: 0 })
      expect(read('root').match(/^left.*$/gm)).toEqual(['left3'])
      expect(() => read('try1')).toThrow('ENOENT')
      expect(stderr).toMatch(/ tsbuild: try 1 of 3 failed, and again on clean files: process .* exit code: 1$/m)
      expect(stderr).toMatch(/ tsbuild: try 2 of 3 failed/)
    })

    test('gives up after as many, with the error of the last', async () => {
      const { status, stderr } = await build(third(), '--retry=1')
      expect(status).toBe(1)
      expect(stderr).toMatch(/exit code: 1 \(tried 2 times\)$/m)
    })

    test('counts a time-out as a failure', async () => {
      const slow = `RUN --mount=type=cache,target=/c,id=${marker()} test -e /c/seen || { touch /c/seen; sleep 60; }`
      const { status, stderr } = await build(slow, '--retry=1', '--step-timeout=1s')
      expect(status).toBe(0)
      expect(stderr).toMatch(/try 1 of 2 failed.* was stopped after 1 s/)
    })

    test('tries nothing again that is wrong with the Dockerfile', async () => {
      const { status, stderr } = await build('USER nobody-here\nRUN true', '--retry=3')
      expect({ status, stderr }).toMatchObject({ status: 1, stderr: expect.stringContaining('[TSB_UNKNOWN_USER]') })
      expect(stderr).not.toContain('try 1')
    })
  })

  describe('--security-opt', () => {
    const profile = (text: object | string) => {
      const file = join(workspace.directory, 'profile.json')
      writeFileSync(file, typeof text === 'string' ? text : JSON.stringify(text))
      return '--security-opt=seccomp=profile.json'
    }
    const noFolders = {
      defaultAction: 'SCMP_ACT_ALLOW',
      syscalls: [{ names: ['mkdir', 'mkdirat'], action: 'SCMP_ACT_ERRNO', errnoRet: 28, comment: 'no folders' }],
    }

    test.skipIf(!isFiltered)('seccomp=FILE is in force, and is part of the key', async () => {
      const run = 'RUN echo folders; mkdir /x || true'
      expect((await build(run)).stderr).not.toContain('No space left')
      expect((await build(run, profile(noFolders))).stderr).toContain('No space left')
      expect((await build(run, profile(noFolders))).stderr).toContain('CACHED')
      expect((await build(run)).stderr).toContain('CACHED')
    })

    test.skipIf(!isFiltered)('seccomp=unconfined: no filter', async () => {
      const { read } = await files(
        'RUN mkdir /out; grep Seccomp: /proc/self/status >/out/s',
        '--security-opt=seccomp=unconfined',
      )
      expect(read('s')).toMatch(/0\n$/)
    })

    test.each(['native', 'chroot'])('--runtime=%s cannot hold it', async (runtime) => {
      const { status, stderr } = await build('RUN echo filtered', profile(noFolders), `--runtime=${runtime}`)
      expect({ status, stderr }).toMatchObject({
        status: 1,
        stderr: expect.stringContaining('[TSB_SECCOMP_UNAVAILABLE]'),
      })
    })

    test.each([
      ['no JSON', '{'],
      ['an action that is none', { defaultAction: 'SCMP_ACT_MAYBE' }],
      ['calls that somebody would have to answer', { defaultAction: 'SCMP_ACT_NOTIFY' }],
      ['what nobody knows', { defaultAction: 'SCMP_ACT_ALLOW', rules: [] }],
      ['a rule without names', { defaultAction: 'SCMP_ACT_ALLOW', syscalls: [{ action: 'SCMP_ACT_ERRNO' }] }],
    ])('a profile with %s is refused', async (_, text) => {
      const { status, stderr } = await build('RUN true', profile(text))
      expect({ status, stderr }).toMatchObject({
        status: 1,
        stderr: expect.stringContaining('profile.json is no seccomp profile: '),
      })
    })

    test('a file that is not there is refused', async () => {
      const { stderr } = await build('RUN true', '--security-opt=seccomp=nowhere.json')
      expect(stderr).toContain('nowhere.json is no seccomp profile: it cannot be read (ENOENT)')
    })
  })

  describe.each(['native', 'runc', 'crun'])('tsbuild is killed with SIGKILL (%s)', (runtime) => {
    test.skipIf(runtime !== 'native' && !hasProgram(runtime))('step, children and network go with it', async () => {
      const mark = marker()
      const home = join(workspace.directory, `killed-${runtime}`)
      mkdirSync(home)
      writeFileSync(join(home, 'Dockerfile'), `FROM base\nRUN setsid sleep ${mark} & sleep ${mark}\n`)
      const running = startTsbuild(workspace, '--no-cache', `--runtime=${runtime}`, home)
      onTestFinished(() => void running.child.kill('SIGKILL'))
      expect(await until(() => processesWith(`sleep ${mark}`).length >= 2)).toBe(true)
      const helpers = descendantsOf(running.child.pid ?? 0)
      onTestFinished(() => killThose(helpers))
      running.child.kill('SIGKILL')
      await running.ended
      expect(await until(() => processesWith(mark).length === 0)).toBe(true)
      expect(await until(() => helpers.every((helper) => !isAlive(helper)))).toBe(true)
    })
  })

  test.each(['0', '1000'])(
    'D24: tsbuild is killed with SIGKILL: no step of user %s in a changed root is left',
    async (user) => {
      const mark = marker()
      const home = join(workspace.directory, `killed-chroot-${user}`)
      mkdirSync(home)
      writeFileSync(
        join(home, 'Dockerfile'),
        `FROM base\nUSER ${user}\nRUN setsid sleep ${mark} & sleep ${mark}; true\n`,
      )
      const running = startTsbuild(workspace, '--no-cache', '--runtime=chroot', home)
      onTestFinished(() => void running.child.kill('SIGKILL'))
      expect(await until(() => processesWith(`sleep ${mark}`).length >= 3)).toBe(true)
      running.child.kill('SIGKILL')
      expect(await until(() => processesWith(mark).length === 0)).toBe(true)
    },
  )
})

const user = findOrdinaryUser(import.meta.filename)

describe.skipIf(!user || !hasBusybox)(`a user who is not root (${user ? user.name : noOrdinaryUser})`, () => {
  test('a limit that no control group can hold for them is an error, and nothing has run', async () => {
    await using workspace = await openWorkspace()
    workspace.write({ Dockerfile: 'FROM oci-archive:base.tar\nRUN echo it-ran\n' })
    copyFileSync(busyboxArchive, join(workspace.directory, 'base.tar'))
    const { uid = 0, gid = 0, name = '' } = user ?? {}
    spawnSync('chown', ['-R', `${uid}:${gid}`, workspace.directory])
    const limited = await tsbuild({ ...workspace, user: { uid, gid, name } }, '--progress=plain', '--memory=64m', '.')
    expect(limited).toMatchObject({ status: 1, stderr: expect.stringContaining('[TSB_LIMIT_UNAVAILABLE]') })
    expect(limited.stderr).not.toMatch(/^#\d+ [\d.]+ it-ran$/m)
    expect(limited.stderr).toMatch(
      /hint: run tsbuild (by systemd-run --user --scope -p Delegate=yes, or )?as root; without/,
    )
  })
})
