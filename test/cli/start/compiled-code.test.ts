import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeEach, describe, expect, test } from 'vitest'

const root = path.join(import.meta.dirname, '../../..')
const hook = path.join(root, 'test/support/programs/log-code.cjs')
const directory = mkdtempSync(path.join(tmpdir(), 'tsbuild-code-'))
afterAll(() => rmSync(directory, { recursive: true, force: true }))

let home = ''
beforeEach(() => {
  home = mkdtempSync(path.join(directory, 'home-'))
  mkdirSync(path.join(home, 'project'))
  writeFileSync(path.join(home, 'project/Dockerfile'), 'FROM scratch\nCOPY Dockerfile /\n')
})

interface Ran {
  readonly stdout: string
  /** `cli.cjs taken`, for each bundle in the order of loading. */
  readonly loaded: readonly string[]
}

/** Runs the installed program in a home of its own, and says what each bundle was started with. */
function run(words: readonly string[], { variables = {}, at = root }: Where = {}): Ran {
  const log = path.join(home, 'loaded')
  rmSync(log, { force: true })
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ['-r', hook, path.join(at, 'bin/tsbuild.js'), ...words],
    {
      cwd: path.join(home, 'project'),
      encoding: 'utf8',
      env: { PATH: process.env['PATH'], HOME: home, TSBUILD_ROOT: path.join(home, 'store'), LOADED: log, ...variables },
    },
  )
  expect(`${status} ${stderr}`).toMatch(/^0 /)
  return { stdout, loaded: readFileSync(log, 'utf8').trim().split('\n') }
}

interface Where {
  readonly variables?: Readonly<Record<string, string>>
  readonly at?: string
}

const build = ['-q', '-t', 'app', '.']
const caches = () => path.join(home, '.cache/tsbuild/compiled')
/** The folder of what this Node made of this program. */
const folder = () => path.join(caches(), readdirSync(caches()).find((name) => name.startsWith('tsbuild-')) ?? 'none')
const usersFolder = () => existsSync(caches()) && readdirSync(caches()).some((name) => name.startsWith('tsbuild-'))

describe('compiled code of a user', () => {
  test('a run leaves what it compiled, and the next one starts with it', () => {
    expect(new Set(run(build).loaded.map((line) => line.split(' ')[1]))).toEqual(new Set(['none']))
    const { loaded } = run(build)
    expect(loaded).toContain('cli.cjs taken')
    expect(loaded).toContain('building.cjs taken')
    expect(loaded.filter((line) => line.endsWith('refused'))).toEqual([])
  })

  test('what was left after layers were made is taken as well', () => {
    run(['--no-cache', ...build])
    const { loaded } = run(['--no-cache', ...build])
    expect(loaded).toContain('running.cjs taken')
    expect(loaded.filter((line) => !line.endsWith('taken'))).toEqual([])
  })

  test('a command that is in no bundle itself takes what it needs of them', () => {
    run(build)
    run(['ps'])
    const { loaded } = run(['ps'])
    expect(loaded).toContain('building.cjs taken')
    expect(loaded.filter((line) => !line.endsWith('taken'))).toEqual([])
  })

  test('a run of a sort that was there before writes nothing, and one of another adds to it', () => {
    run(build)
    run(build)
    const file = path.join(folder(), 'cli.cjs')
    const before = statSync(file)
    run(build)
    expect(statSync(file).ino).toBe(before.ino)
    run(['history', 'app'])
    expect(statSync(file).size).toBeGreaterThan(before.size)
  })

  test('a damaged file is not given to V8, and is written again', () => {
    run(build)
    run(build)
    const file = path.join(folder(), 'building.cjs')
    const right = readFileSync(file)
    const half = Math.floor(right.length / 2)
    const flipped = Buffer.from(right)
    flipped.writeUInt8(flipped.readUInt8(half) ^ 1, half)
    for (const damaged of [right.subarray(0, half), Buffer.alloc(10), flipped]) {
      writeFileSync(file, damaged)
      const { stdout, loaded } = run(build)
      expect(stdout).toMatch(/^sha256:[0-9a-f]{64}\n$/)
      expect(loaded).toContain('building.cjs none')
      expect(run(build).loaded).toContain('building.cjs taken')
    }
  })

  test('a folder that others may write to is not read, and nothing is put there', () => {
    run(build)
    chmodSync(folder(), 0o777)
    const file = path.join(folder(), 'cli.cjs')
    writeFileSync(file, 'not ours')
    expect(run(build).loaded).toContain('cli.cjs none')
    expect(readFileSync(file, 'utf8')).toBe('not ours')
  })

  test('of other versions, what nothing was added to for a month goes, and other files stay', () => {
    const [old, recent, others] = ['tsbuild-v22.18.0-x64-0123456789abcdef', 'tsbuild-v24.0.0-x64-0123456789abcdef', 'x']
    for (const name of [old, recent, others]) mkdirSync(path.join(caches(), name), { recursive: true })
    const past = Date.now() / 1000 - 40 * 24 * 3600
    for (const name of [old, others]) utimesSync(path.join(caches(), name), past, past)
    run(build)
    const names = readdirSync(caches())
    expect(names).not.toContain(old)
    expect(names).toContain(recent)
    expect(names).toContain(others)
  })

  test('nothing is kept in the home of a CI job, but where NODE_COMPILE_CACHE says so', () => {
    run(build, { variables: { CI: 'true' } })
    expect(usersFolder()).toBe(false)
    run(build, { variables: { CI: 'true', NODE_COMPILE_CACHE: caches() } })
    expect(usersFolder()).toBe(true)
  })

  test('code that was compiled under other flags is kept beside', () => {
    const variables = { NODE_OPTIONS: '--stack-trace-limit=50' }
    run(build, { variables })
    for (const each of [{}, { variables }, {}]) {
      run(build, each)
      expect(run(build, each).loaded).toContain('building.cjs taken')
    }
  })

  test('a home that cannot be written to is none', () => {
    writeFileSync(path.join(home, '.cache'), 'a file')
    expect(run(build).stdout).toMatch(/^sha256:/)
  })
})

describe('compiled code of an installation', () => {
  const at = path.join(directory, 'package')
  const warmUp = () =>
    spawnSync(process.execPath, [path.join(at, 'bin/warm-up.js')], { encoding: 'utf8', env: { TMPDIR: directory } })

  beforeEach(() => {
    rmSync(at, { recursive: true, force: true })
    for (const name of ['bin', 'dist', 'package.json'])
      cpSync(path.join(root, name), path.join(at, name), { recursive: true })
    rmSync(path.join(at, 'dist/compiled'), { recursive: true, force: true })
    symlinkSync(path.join(root, 'node_modules'), path.join(at, 'node_modules'))
  })

  test('the first run of a user starts with it, and all users may read it', () => {
    const before = readdirSync(directory)
    expect(warmUp()).toMatchObject({ status: 0, stdout: '', stderr: '' })
    expect(readdirSync(directory)).toEqual(before)
    const { loaded } = run(build, { at, variables: { CI: 'true' } })
    expect(loaded).toContain('building.cjs taken')
    expect(loaded.filter((line) => !line.endsWith('taken'))).toEqual([])
    const [name = ''] = readdirSync(path.join(at, 'dist/compiled'))
    expect(statSync(path.join(at, 'dist/compiled', name)).mode & 0o777).toBe(0o755)
    for (const file of readdirSync(path.join(at, 'dist/compiled', name))) {
      expect(statSync(path.join(at, 'dist/compiled', name, file)).mode & 0o777).toBe(0o644)
    }
  })

  test('it has what builds, asks registries, and looks at what was made', () => {
    warmUp()
    const [name = ''] = readdirSync(path.join(at, 'dist/compiled'))
    expect(readdirSync(path.join(at, 'dist/compiled', name)).sort()).toEqual([
      'asking.cjs',
      'building.cjs',
      'cli.cjs',
      'documents.cjs',
      'images.cjs',
      'looking.cjs',
      'planning.cjs',
      'running.cjs',
    ])
  })

  test('one that fails leaves what an earlier one made, and nothing else', () => {
    warmUp()
    const made = () => readdirSync(path.join(at, 'dist/compiled'))
    const [before, folders] = [made(), readdirSync(directory)]
    rmSync(path.join(at, 'dist/building.cjs'))
    expect(warmUp()).toMatchObject({ status: 0, stdout: '', stderr: '' })
    expect(made()).toEqual(before)
    expect(readdirSync(path.join(at, 'dist')).filter((name) => name.startsWith('compiled'))).toEqual(['compiled'])
    rmSync(path.join(at, 'dist'), { recursive: true })
    expect(warmUp()).toMatchObject({ status: 0, stdout: '', stderr: '' })
    expect(readdirSync(directory)).toEqual(folders)
  })

  test('what V8 does not take of it is compiled anew', () => {
    warmUp()
    const variables = { CI: 'true', NODE_OPTIONS: '--stack-trace-limit=50' }
    const { stdout, loaded } = run(build, { at, variables })
    expect(stdout).toMatch(/^sha256:/)
    expect(loaded).toContain('building.cjs refused')
  })
})
