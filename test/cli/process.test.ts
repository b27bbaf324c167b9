import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { lstatSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { busyboxArchive, hasBusybox } from '../support/busybox.ts'

const start = join(import.meta.dirname, '../support/programs/start-cli.cjs')
const program = join(import.meta.dirname, '../../bin/tsbuild.js')
const directory = mkdtempSync(join(tmpdir(), 'tsbuild-cli-'))
const env = { PATH: process.env['PATH'], HOME: directory, TSBUILD_ROOT: join(directory, 'store') }
afterAll(() => rmSync(directory, { recursive: true, force: true }))

function run(...argv: readonly string[]) {
  return spawnSync(process.execPath, [start, ...argv], { cwd: directory, env, encoding: 'utf8' })
}

/** The first Node of PATH that is too old; most machines have none. */
const oldNode = (process.env['PATH'] ?? '')
  .split(':')
  .concat('/usr/bin')
  .map((folder) => join(folder, 'node'))
  .find((node) => /^v([0-9]|1[0-9]|2[01])\./.test(spawnSync(node, ['--version'], { encoding: 'utf8' }).stdout ?? ''))

describe('the process', () => {
  test('a diff that failed says that the store that was named is not there', () => {
    const { status, stderr } = run('--root', 'nowhere', 'diff', 'oci-archive:a.tar', 'oci-archive:b.tar')
    expect(status).toBe(3)
    expect(stderr).toContain(`WARNING: there is no store at ${join(directory, 'nowhere')}, which --root names`)
  })

  test.skipIf(!oldNode)('an old Node says in one line what it needs (needs a Node before 22)', () => {
    const { status, stderr } = spawnSync(oldNode ?? '', [program, '--version'], { encoding: 'utf8' })
    expect(status).toBe(1)
    expect(stderr).toMatch(/^tsbuild needs Node\.js 22\.18 or newer, this is [\d.]+: .*\n$/)
  })

  test('ends with 0, results on standard output', () => {
    expect(run('version')).toMatchObject({ status: 0, stderr: '' })
  })

  test('ends with 125 for a wrong flag', () => {
    expect(run('--fiel', 'x')).toMatchObject({
      status: 125,
      stdout: '',
      stderr: "ERROR: unknown option '--fiel'\nhint: did you mean --file?\n",
    })
  })

  test('a reader that stops early is no error', () => {
    const command = `"$0" "$1" build --help | head -1`
    const ran = spawnSync('bash', ['-o', 'pipefail', '-c', command, process.execPath, start], { env, encoding: 'utf8' })
    expect(ran).toMatchObject({ status: 0, stderr: '' })
  })
})

describe.skipIf(!hasBusybox)(`a build (${hasBusybox ? 'of busybox' : `no ${busyboxArchive}`})`, () => {
  const write = (name: string, ...lines: readonly string[]) => {
    writeFileSync(join(directory, name), `FROM oci-archive:${busyboxArchive}\n${lines.join('\n')}\n`)
  }

  test('I05 --iidfile replaces a link, and a failed build leaves none', () => {
    write('Good', 'CMD ["sh"]')
    write('Bad', 'RUN exit 3')
    writeFileSync(join(directory, 'target'), 'untouched')
    symlinkSync('target', join(directory, 'iid'))
    expect(run('-q', '-f', 'Good', '--iidfile', 'iid')).toMatchObject({ status: 0 })
    expect(lstatSync(join(directory, 'iid')).isFile()).toBe(true)
    expect(readFileSync(join(directory, 'iid'), 'utf8')).toMatch(/^sha256:[0-9a-f]{64}$/)
    expect(readFileSync(join(directory, 'target'), 'utf8')).toBe('untouched')
    expect(run('-q', '-f', 'Bad', '--iidfile', 'iid')).toMatchObject({ status: 1, stdout: '' })
    expect(() => lstatSync(join(directory, 'iid'))).toThrow('ENOENT')
  })

  test('a failed RUN shows its output, its place, its command and its exit status', () => {
    write('Fail', 'RUN echo one; echo two >&2; exit 3')
    const { status, stdout, stderr } = run('-f', 'Fail')
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' })
    expect(stderr).toMatch(
      /^ > \[2\/2\] RUN echo one; echo two >&2; exit 3:\n([\d.]+ (one|two)\n){2}------\nFail:2 {2}\[TSB_STEP_FAILED\]\n-+\n/m,
    )
    expect(stderr).toMatch(
      /^ERROR: failed to build: failed to solve: process .* did not complete successfully: exit code: 3$/m,
    )
  })

  test.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('%s in the middle of a RUN ends the step and all its processes with %i', async (signal, status) => {
    const mark = `300.${process.pid}${status}`
    write('Sleep', `RUN echo here; sleep ${mark} & sleep ${mark}`)
    const child = spawn(process.execPath, [start, '-f', 'Sleep', '--no-cache'], { cwd: directory, env })
    await lineOf(child, /here$/m)
    child.kill(signal)
    expect(await once(child, 'exit')).toEqual([status, null])
    expect(spawnSync('pgrep', ['-f', `^sleep ${mark}`], { encoding: 'utf8' }).stdout).toBe('')
  })
})

/** Waits until a child has printed something on standard error. */
async function lineOf(child: ChildProcess, wanted: RegExp): Promise<void> {
  let text = ''
  for await (const chunk of child.stderr ?? []) {
    text += chunk
    if (wanted.test(text)) break
  }
  expect(text).toMatch(wanted)
}
