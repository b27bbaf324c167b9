import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { seal, unseal } from '../../src/digest/index.ts'
import type { DoctorReport, Finding } from '../../src/index.ts'
import { busyboxBase, noBusyboxBase } from '../support/busybox-base.ts'
import { hasStaticBusybox } from '../support/busybox-root.ts'
import { hasContainers, noContainers, runInContainer } from '../support/container.ts'
import { findOrdinaryUser, findUserWithoutRanges, noOrdinaryUser } from '../support/ordinary-user.ts'
import { hasProgram } from '../support/programs.ts'

const start = path.join(import.meta.dirname, '../support/programs/start-cli.cjs')
const home = mkdtempSync(path.join(os.tmpdir(), 'tsbuild-doctor-'))
chmodSync(home, 0o755)
afterAll(() => rmSync(home, { recursive: true, force: true }))

const isRoot = process.getuid?.() === 0
const withRanges = findOrdinaryUser(start)
const withoutRanges = findUserWithoutRanges(start)

interface Who {
  readonly uid: number
  readonly gid: number
  readonly name: string
}

/** A folder of a user's own, with a store in it. */
function folderOf(name: string, { uid, gid }: Pick<Who, 'uid' | 'gid'> = { uid: 0, gid: 0 }): string {
  const folder = path.join(home, name)
  mkdirSync(folder)
  spawnSync('chown', [`${uid}:${gid}`, folder])
  return folder
}

function environmentOf(folder: string): NodeJS.ProcessEnv {
  const compiled = path.join(folder, 'node')
  return { PATH: '/usr/bin:/bin', HOME: folder, TSBUILD_ROOT: path.join(folder, 'store'), NODE_COMPILE_CACHE: compiled }
}

/** Runs `tsbuild ARGV` after some words that change what it may do. */
function tsbuild(folder: string, before: readonly string[], ...argv: readonly string[]) {
  const [program = '', ...words] = [...before, process.execPath, start, ...argv]
  return spawnSync(program, words, { cwd: folder, env: environmentOf(folder), encoding: 'utf8' })
}

const as = ({ uid, gid }: Who) => ['setpriv', `--reuid=${uid}`, `--regid=${gid}`, '--clear-groups']

/** The report of `doctor --format json`, with the exit status. */
function examined(folder: string, before: readonly string[] = []) {
  const ran = tsbuild(folder, before, 'doctor', '--format', 'json')
  expect(ran.stderr).toBe('')
  return read(ran)
}

function read({ status, stdout }: { readonly status: number | null; readonly stdout: string }) {
  const report = JSON.parse(stdout) as DoctorReport
  const find = (id: string) => report.findings.find((finding) => finding.id === id)
  return { status, report, find }
}

/** No sentence is missing a part, and each is one line. */
function expectWhole(findings: readonly Finding[]) {
  expect(findings.filter(({ text, fix = '' }) => /undefined|NaN|\n|^\s|\s$/.test(text + fix))).toEqual([])
  expect(new Set(findings.map(({ id }) => id)).size).toBe(findings.length)
}

describe.skipIf(!isRoot || !hasProgram('runc'))('doctor for root (needs root and runc)', () => {
  const folder = folderOf('root')

  test('says that steps are shut in, by what, and what else was tried', () => {
    const { status, report, find } = examined(folder)
    expect(status).toBe(0)
    expect(report).toMatchObject({ rung: 1, run: { works: true, flags: [], seccomp: true, noNewPrivileges: true } })
    expect(report.run.capabilities).toHaveLength(14)
    expect(report.headline).toMatch(
      /^rung 1 of 4 \(root\): RUN steps are shut in by c?run[c]? .*; not shut in: users .*the kernel$/,
    )
    expect(find('runtime.runc')?.facts).toMatchObject({ program: expect.stringMatching(/runc$/) })
    expect(find('runtime.native')).toMatchObject({ level: 'ok' })
    expect(find('rootfs.overlay')?.level).toBe('ok')
    expect(find('store')).toMatchObject({ level: 'ok', facts: { path: path.join(folder, 'store'), mode: '700' } })
    expect(find('store.space')?.facts?.['freeBytes']).toBeGreaterThan(0)
    expect(find('node')?.level).toBe('ok')
    expectWhole(report.findings)
  })

  test('is text without --format, asks no older answer, and leaves in the store but what was found', () => {
    const file = path.join(folder, 'store/cache/probes.json')
    const answers: [string, string][] = JSON.parse(unseal(readFileSync(file, 'utf8')) ?? '')
    const asked = answers.filter(([key]) => !key.startsWith('network '))
    const wrong = asked.map(([key]) => [key, 'no: said by nobody'])
    writeFileSync(file, seal(JSON.stringify([['another machine', ''], ...wrong])))
    const { status, stdout } = tsbuild(folder, ['unshare', '--mount', 'sh', '-c', noTun, 'sh'], 'doctor')
    expect(status).toBe(0)
    expectText(stdout)
    expect(stdout).not.toContain('said by nobody')
    const kept = new Map<string, string>(JSON.parse(unseal(readFileSync(file, 'utf8')) ?? ''))
    expect([...kept.keys()].sort()).toEqual(['another machine', ...asked.map(([key]) => key)].sort())
    expect([...kept.values()]).not.toContain('no: said by nobody')
    expect(readdirSync(path.join(folder, 'store/tmp'))).toEqual([])
    expect(readdirSync(path.join(folder, 'store/cache'))).toEqual(['probes.json'])
  })
})

/** `examined`, in a container as Docker starts it. */
async function examinedInside(uid: number) {
  const folder = folderOf(`container-${uid}`, { uid, gid: uid })
  const { PATH, ...env } = environmentOf(folder)
  const container = { uid, writable: [folder], cwd: folder, env: env as Record<string, string> }
  const ran = await runInContainer(container, process.execPath, start, 'doctor', '--format=json')
  expect(ran.stderr).toBe('')
  return read(ran)
}

describe.skipIf(!hasContainers)(`doctor in a container that Docker would start (${noContainers})`, () => {
  test('root is on rung 3: chroot on copies, and what the container would have to allow', async () => {
    const { status, report, find } = await examinedInside(0)
    expect(status).toBe(0)
    const run = { works: true, flags: [], runtime: 'chroot', snapshotter: 'copy', network: 'host', seccomp: true }
    expect(report).toMatchObject({ rung: 3, run })
    expect(report.headline).toMatch(/chroot alone.*; not shut in: processes, network/)
    const text = expect.stringMatching(/CAP_SYS_ADMIN is missing; a system call filter is in force/)
    expect(find('rung')).toMatchObject({ level: 'problem', text, fix: expect.stringContaining('seccomp=unconfined') })
    expect(find('runtime.chroot')).toMatchObject({
      level: 'problem',
      text: expect.stringMatching(/works, and is taken$/),
    })
    expect(find('runtime.runc')).toMatchObject({ level: 'note', text: expect.stringContaining('does not work') })
    expectWhole(report.findings)
  })

  test('a user is on rung 4: no RUN, exit 1', async () => {
    const { status, report, find } = await examinedInside(1234)
    expect(status).toBe(1)
    expect(report).toMatchObject({ rung: 4, run: { works: false, flags: [] } })
    expect(report.headline).toBe('rung 4 of 4 (no RUN): RUN steps cannot run; builds without RUN work')
    const text = expect.stringContaining('user namespaces are refused: unshare')
    expect(find('user-namespace')).toMatchObject({ level: 'problem', text })
    expect(find('rung')).toMatchObject({ level: 'problem', text: expect.stringContaining('builds without RUN only') })
    expect(find('runtime.chroot')?.text).toContain('does not work')
    expectWhole(report.findings)
  })
})

/** A headline of two lines, then aligned columns, with what would mend something below it. */
function expectText(stdout: string) {
  const lines = stdout.split('\n')
  expect(lines[0]).toMatch(/^rung 1 of 4 \(root\): RUN steps are shut in by /)
  expect(lines[1]).toMatch(/^not shut in: network, /)
  expect(lines[2]).toBe('')
  const at = lines[3]?.indexOf('rung 1') ?? 0
  expect(lines.slice(3, -1).filter((line) => !/^ {2}\S$/.test(line.slice(at - 2, at + 1)))).toEqual([])
  const network = lines.findIndex((line) => /^note +network +steps use the network of this machine/.test(line))
  expect(lines[network + 1]).toBe(`${' '.repeat(at)}fix: modprobe tun, or in a container --device /dev/net/tun`)
}

/** Goes on where there is no `/dev/net/tun`. */
const noTun = 'mount -t tmpfs none /dev/net && exec "$@"'

test.skipIf(!isRoot)('a store that others can write to is a problem with its fix, and no build works', () => {
  const folder = folderOf('unsafe')
  mkdirSync(path.join(folder, 'store'))
  chmodSync(path.join(folder, 'store'), 0o777)
  const { status, report, find } = examined(folder)
  expect(status).toBe(1)
  expect(report.run.works).toBe(false)
  expect(report.headline).toMatch(/: no build works, because the store cannot be used$/)
  const fix = expect.stringContaining(`chmod 700 ${path.join(folder, 'store')}`)
  expect(find('store')).toMatchObject({ level: 'problem', text: expect.stringContaining('other users may write'), fix })
  expect(existsSync(path.join(folder, 'store/cache'))).toBe(false)
  expectWhole(report.findings)
})

describe.skipIf(!withRanges || !hasProgram('runc'))(`doctor for a user with ranges (runc; ${noOrdinaryUser})`, () => {
  const user = withRanges ?? { uid: 0, gid: 0, name: '' }

  test('says rung 2, the user outside, and the ids that were mapped', () => {
    const { status, report, find } = examined(folderOf('ranges', user), as(user))
    expect(status).toBe(0)
    expect(report).toMatchObject({ rung: 2, run: { works: true, snapshotter: 'overlay', seccomp: true } })
    expect(report.headline).toContain('namespaces user pid mnt ipc uts cgroup')
    expect(find('user')).toMatchObject({
      text: `${user.name} runs builds, as root of a user namespace`,
      facts: { uid: user.uid },
    })
    expect(find('user-namespace')?.facts?.['users']).toBeGreaterThan(60_000)
    expect(find('rootfs.overlay')?.text).toContain('userxattr')
    expect(find('rootfs.erofs')).toMatchObject({ level: 'note', text: 'erofs does not work: it takes root' })
    expectWhole(report.findings)
  })
})

describe.skipIf(!withoutRanges || !hasProgram('runc'))('a user without ranges (needs root and runc)', () => {
  const user = withoutRanges ?? { uid: 0, gid: 0, name: '' }

  test('is on rung 2 with a single id, and told how to get more', () => {
    const { status, report, find } = examined(folderOf('single', user), as(user))
    expect(status).toBe(0)
    expect(report).toMatchObject({ rung: 2, run: { works: true } })
    const fix = expect.stringMatching(
      new RegExp(`usermod --add-subuids (\\d+)-\\d+ --add-subgids \\1-\\d+ ${user.name}$`),
    )
    expect(find('rung')).toMatchObject({ level: 'problem', text: expect.stringContaining('single user id'), fix })
    expect(find('user-namespace')).toMatchObject({ level: 'problem', fix, facts: { users: 1, subuid: 0 } })
    expectWhole(report.findings)
  })

  describe.skipIf(!hasStaticBusybox)(`builds what one id is enough for (${noBusyboxBase})`, () => {
    const folder = folderOf('building', user)
    const tar = path.join(folder, 'base.tar')
    spawnSync('sh', ['-c', 'cat <"$1" >"$2"', 'sh', busyboxBase(), tar])
    tsbuild(folder, as(user), 'import', tar, 'base')
    const build = (...lines: readonly string[]) => {
      writeFileSync(path.join(folder, 'Dockerfile'), ['FROM base', ...lines, ''].join('\n'))
      return tsbuild(folder, as(user), 'build', '-t', 'made', '.')
    }

    test.each([
      [
        'a file of another owner below a RUN',
        'TSB_OWNER_UNAVAILABLE',
        ['COPY --chown=1000:7 Dockerfile /x', 'RUN true'],
        '/x of the image belongs to user 1000 and group 7',
      ],
      ['USER with another number', 'TSB_SANDBOX_USER', ['USER 1000', 'RUN true'], 'user 1000:0 cannot be used'],
      ['chown in a RUN', 'TSB_STEP_FAILED', ['RUN chown 5:6 /bin'], 'there is a single user id here'],
    ] as const)('%s is an error that says so, and what to do', (_title, code, lines, words) => {
      const { status, stderr } = build(...lines)
      expect(status).toBe(1)
      expect(stderr).toContain(`[${code}]`)
      expect(stderr).toContain(words)
      expect(stderr).toMatch(/hint: .*tsbuild doctor says what to type/)
    })

    test('COPY --chown and a RUN on files of root work', () => {
      expect(build('RUN echo hi >/hi', 'COPY --chown=1000:7 Dockerfile /x').stderr).not.toContain('ERROR')
    })
  })
})

test('a form that it does not know is a wrong flag', () => {
  const { status, stderr } = tsbuild(home, [], 'doctor', '--format', 'yaml')
  expect(status).toBe(125)
  expect(stderr).toContain('text, json')
})

test('--help says when it ends with 1', () => {
  const { status, stdout } = tsbuild(home, [], 'doctor', '--help')
  expect(status).toBe(0)
  expect(stdout).toMatch(/Exit status: 0 when a RUN step can run here.*; 1 when none can/s)
})
