import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { check, outline, targets } from '../../../src/index.ts'
import { openStore } from '../../../src/store/index.ts'
import { busyboxArchive, hasBusybox } from '../../support/busybox.ts'

const start = join(import.meta.dirname, '../../support/programs/start-cli.cjs')
const directory = mkdtempSync(join(tmpdir(), 'tsbuild-call-'))
const root = join(directory, 'store')
afterAll(() => rmSync(directory, { recursive: true, force: true }))

/** Runs in a process that finds no runc, no unshare, nothing. */
function run(argv: readonly string[], dockerfile?: string) {
  const env = { PATH: '/nonexistent', HOME: directory, TSBUILD_ROOT: root }
  const words = [start, '--progress', 'quiet', ...argv, ...(dockerfile === undefined ? [] : ['-f', '-', '.'])]
  const { status, stdout, stderr } = spawnSync(process.execPath, words, {
    cwd: directory,
    env,
    input: dockerfile ?? '',
    encoding: 'utf8',
  })
  return { status, stdout, stderr }
}

beforeAll(() => {
  writeFileSync(join(directory, 'Dockerfile'), '# app is all\nFROM scratch AS app\nARG A=1\nRUN touch /ran\n')
})

describe('a check', () => {
  test('that finds nothing says so, runs nothing, and ends with 0', () => {
    expect(run(['--check', '.'])).toEqual({ status: 0, stdout: 'Check complete, no warnings found.\n', stderr: '' })
  })

  test('that finds something ends with 1, unless ignorestatus says otherwise', () => {
    const dockerfile = 'FROM scratch AS Up\n'
    const found = run(['--check'], dockerfile)
    expect(found).toMatchObject({ status: 1, stderr: '' })
    expect(found.stdout).toMatch(/^Check complete, 1 warning has been found!\n\nWARNING: StageNameCasing - https:/)
    expect(run(['--call=check,ignorestatus=1'], dockerfile)).toEqual({ ...found, status: 0 })
  })

  test('covers every stage; --target narrows it to what the target needs', () => {
    const dockerfile = 'FROM scratch AS one\nENV A=$X\nFROM scratch AS two\nENV A=$Y\n'
    expect(run(['--check'], dockerfile).stdout).toMatch(/^Check complete, 2 warnings have been found!\n/)
    expect(run(['--check', '--target', 'two'], dockerfile).stdout).toMatch(/1 warning .*'\$Y'/s)
  })

  test('of a Dockerfile that cannot be read has the error in its JSON, what was found before it, and ends with 1', () => {
    const dockerfile = 'FROM scratch as up\nCOYP a b\n'
    const { status, stdout, stderr } = run(['--call=check,format=json,ignorestatus=1'], dockerfile)
    expect(JSON.parse(stdout)).toMatchObject({
      warnings: [{ ruleName: 'FromAsCasing' }],
      sources: [{ filename: 'Dockerfile' }],
      buildError: {
        message: 'dockerfile parse error on line 2: unknown instruction: COYP',
        location: { ranges: [{ start: { line: 2 }, end: { line: 2 } }] },
      },
    })
    expect(status).toBe(1)
    expect(stderr).toMatch(
      /^Dockerfile:2 {2}\[TSB_UNKNOWN_INSTRUCTION\]\n.*\nERROR: dockerfile parse error .*\nhint: /s,
    )
  })

  test('as SARIF names the Dockerfile from the working directory on', () => {
    writeFileSync(join(directory, 'Up file'), 'FROM scratch AS Up\n')
    const { stdout } = run(['--call=check,format=sarif', '-f', 'Up file', '.'])
    expect(JSON.parse(stdout)).toMatchObject({
      version: '2.1.0',
      runs: [
        {
          results: [
            {
              ruleId: 'StageNameCasing',
              locations: [
                { physicalLocation: { artifactLocation: { uri: 'Up%20file' }, region: { startColumn: 17 } } },
              ],
            },
          ],
        },
      ],
    })
  })

  test('goes on without a registry that does not answer: says so, and guesses nothing about its image', () => {
    const dockerfile = 'FROM 127.0.0.1:1/base\nENV A=$FROM_BASE\n'
    const { status, stdout, stderr } = run(['--call=check,format=json'], dockerfile)
    const unreached = [{ image: '127.0.0.1:1/base', code: 'TSB_REGISTRY_UNREACHABLE' }]
    expect(JSON.parse(stdout)).toMatchObject({ warnings: [], unreached })
    expect(JSON.parse(stdout)).not.toHaveProperty('buildError')
    expect(stderr).toMatch(/^note: what depends on 127\.0\.0\.1:1\/base is not checked: cannot reach 127\.0\.0\.1:1/m)
    expect(status).toBe(0)
  })

  test('of an image that is not there goes on, and fails', () => {
    const dockerfile = 'FROM scratch AS base\nFROM bsae\nFROM scratch AS Up\n'
    const { status, stdout } = run(['--call=check,format=json', '--pull=never'], dockerfile)
    expect(JSON.parse(stdout)).toMatchObject({
      warnings: [{ ruleName: 'StageNameCasing' }],
      buildError: { code: 'TSB_IMAGE_NOT_FOUND', hint: 'did you mean "base"?' },
    })
    expect(status).toBe(1)
  })

  test.skipIf(!hasBusybox)(`keeps nothing in the store (${hasBusybox ? 'of busybox' : `no ${busyboxArchive}`})`, () => {
    expect(run(['--check'], `FROM oci-archive:${busyboxArchive}\nENV A=$PATH\n`)).toMatchObject({ status: 0 })
    expect(existsSync(join(root, 'oci/index.json')) && run(['images', '-q']).stdout).toBeFalsy()
    expect(readdirSync(join(root, 'oci/blobs/sha256'))).toEqual([])
  })

  test('of several platforms looks at each, and says once what is so for all', () => {
    const workspace = mkdtempSync(join(directory, 'base-'))
    writeFileSync(join(workspace, 'a'), 'a')
    const build = ['-q', '-t', 'for-amd64', '--platform', 'linux/amd64', '-f', '-', workspace]
    const store = ['--root', join(workspace, 'store')]
    const env = { PATH: '/nonexistent', HOME: directory }
    const tsbuild = (argv: readonly string[], input: string) =>
      spawnSync(process.execPath, [start, ...store, ...argv], { cwd: workspace, env, input, encoding: 'utf8' })
    expect(tsbuild(build, 'FROM scratch\nCOPY a /\n')).toMatchObject({ status: 0 })
    const dockerfile = 'FROM for-amd64 AS Up\n'
    const check = ['--check', '--progress=quiet', '--platform', 'linux/amd64,linux/arm64', '-f', '-', '.']
    const { status, stdout } = tsbuild(check, dockerfile)
    expect(status).toBe(1)
    expect(stdout.match(/^WARNING: \w+/gm)).toEqual(['WARNING: StageNameCasing', 'WARNING: InvalidBaseImagePlatform'])
  })

  test('waits for nobody who works in the store', async () => {
    await using store = {
      ...(await openStore(root, { now: Date.now })),
      [Symbol.asyncDispose]: async () => store.close(),
    }
    await store.locked('index', async () => {
      expect(run(['--check', '.'])).toMatchObject({ status: 0 })
    })
  })

  test('of a Dockerfile that is not there is an error, and no result', () => {
    const { status, stdout, stderr } = run(['--check', '-f', 'nowhere', '.'])
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' })
    expect(stderr).toMatch(/^ERROR: .*open nowhere: no such file or directory \[TSB_DOCKERFILE_NOT_FOUND\]$/m)
  })
})

describe('an outline and the targets', () => {
  test('are printed as tables or as JSON, of several flags by the last one', () => {
    expect(run(['--check', '--call=targets', '.']).stdout).toBe('TARGET          DESCRIPTION\napp (default)   is all\n')
    const { stdout } = run(['--call=outline,format=json', '.'])
    expect(JSON.parse(stdout)).toMatchObject({ name: 'app', description: 'is all', args: [{ name: 'A', value: '1' }] })
  })

  test('of a Dockerfile that cannot be read are the error of a build', () => {
    for (const call of ['outline', 'targets']) {
      const { status, stdout, stderr } = run(['--call', call], 'FROM scratch\nCOYP a b\n')
      expect({ status, stdout }).toEqual({ status: 1, stdout: '' })
      expect(stderr).toMatch(/^ERROR: failed to build: failed to solve: dockerfile parse error on line 2/m)
    }
  })
})

test('the library has what the command line has', async () => {
  const { cwd, stdout, stdin, arch } = { ...process, cwd: directory }
  const environment = { root, cwd, arch, env: {}, now: Date.now, stdout, stdin }
  const options = { context: '.', dockerfile: 'FROM scratch AS Up\nARG A=1\n' }
  expect((await check(options, environment)).warnings.map(({ rule }) => rule)).toEqual(['StageNameCasing'])
  expect((await outline(options, environment)).found.args.map(({ name }) => name)).toEqual(['A'])
  expect((await targets(options, environment)).found.map(({ name }) => name)).toEqual(['up'])
})
