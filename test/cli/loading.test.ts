import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

const programs = join(import.meta.dirname, '../support/programs')
const directory = mkdtempSync(join(tmpdir(), 'tsbuild-loads-'))
afterAll(() => rmSync(directory, { recursive: true, force: true }))

/** Runs a command line and gives the modules that it loaded: packages by name, sources by their path below src/. */
function loadedBy(...argv: readonly string[]): readonly string[] {
  const log = join(directory, 'loaded')
  rmSync(log, { force: true })
  const hook = ['--import', join(programs, 'log-loads.ts')]
  const env = { ...process.env, LOADED: log, TSBUILD_ROOT: join(directory, 'store') }
  const words = [...hook, join(programs, 'start-sources.ts'), ...argv]
  const { status, stderr } = spawnSync(process.execPath, words, { cwd: directory, env, encoding: 'utf8' })
  expect(`${status} ${stderr}`).toMatch(/^0 /)
  const urls = readFileSync(log, 'utf8').split('\n')
  return [...new Set(urls.map((url) => /\/node_modules\/([^/]+)|\/(src\/.*)/.exec(url)?.slice(1).join('') ?? ''))]
}

const bundled = join(import.meta.dirname, '../../bin/tsbuild.js')
const bundle = join(import.meta.dirname, '../../dist/cli.cjs')

/** Modules of Node itself that the bundled program has loaded when it ends. */
function builtinsLoadedBy(...argv: readonly string[]): readonly string[] {
  const [log, hook] = [join(directory, 'builtins'), join(directory, 'hook.cjs')]
  const write = 'fs.writeFileSync(process.env.LOADED, process.moduleLoadList.join("\\n"))'
  writeFileSync(hook, `const fs = require('fs'); process.on('exit', () => ${write})`)
  const env = { ...process.env, LOADED: log, TSBUILD_ROOT: join(directory, 'store') }
  const { status, stderr } = spawnSync(process.execPath, ['-r', hook, bundled, ...argv], {
    cwd: directory,
    env,
    encoding: 'utf8',
  })
  expect(`${status} ${stderr}`).toMatch(/^0 /)
  return readFileSync(log, 'utf8')
    .split('\n')
    .map((name) => name.replace('NativeModule ', ''))
}

describe('a program loads what it uses', () => {
  beforeAll(() => {
    writeFileSync(join(directory, 'Dockerfile'), 'FROM scratch\nCOPY Dockerfile /\n')
    loadedBy('-t', 'app', '.')
  })

  test('--help and --version load commander and nothing of the library', () => {
    for (const flag of ['--help', '--version']) {
      const loaded = loadedBy(flag)
      expect(loaded.filter((name) => name !== '' && !name.startsWith('src/'))).toEqual(['commander'])
      expect(loaded).not.toContain('src/library/build.ts')
    }
  })

  test('a cached build loads no terminal view, no native code, and nothing that talks to a network or to agents', () => {
    const loaded = loadedBy('.')
    expect(loaded).toContain('src/library/build.ts')
    expect(loaded.filter((name) => ['ink', 'react', 'koffi'].includes(name))).toEqual([])
    expect(loaded.filter((name) => /^src\/(registry|http|remote|ssh)\//.test(name))).toEqual([])
    expect(loaded).not.toContain('src/cli/views/tty.ts')
  })

  test.skipIf(!existsSync(bundle))('a cached build by the bundle loads no module of Node that only work needs', () => {
    const slow = ['zlib', 'v8', 'tls', 'http', 'https', 'dns', 'child_process']
    const slowIn = (loaded: readonly string[]) => slow.filter((name) => loaded.includes(name))
    expect(slowIn(builtinsLoadedBy('.'))).toEqual([])
    expect(slowIn(builtinsLoadedBy('--no-cache', '.'))).toContain('v8')
  })

  test.skipIf(!existsSync(bundle))('what draws on a terminal brings ink and react, and no second library', () => {
    const pieces = readdirSync(join(dirname(bundle), 'chunks')).filter((name) => name.endsWith('.js'))
    const texts = pieces.map((name) => readFileSync(join(dirname(bundle), 'chunks', name), 'utf8')).join('\n')
    expect(pieces.length).toBeLessThan(6)
    expect(texts).toContain('react.element')
    expect(texts).not.toContain('TSB_')
  })

  test('history of an image of the store loads no view and no registry client', () => {
    const loaded = loadedBy('history', 'app')
    expect(loaded.filter((name) => name.startsWith('src/cli/views/'))).toEqual([])
    expect(loaded.filter((name) => name.startsWith('src/registry/'))).toEqual([])
  })

  test('a build that runs a step, of a name that has an image, reads no schema', () => {
    const loaded = loadedBy('-q', '-t', 'app', '--no-cache', '.')
    expect(loaded).toContain('src/library/image-growth.ts')
    expect(loaded).not.toContain('zod')
  })
})
