import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { parseRules } from '../../../src/cli/look/ci-rules.ts'
import { instruction, modeText } from '../../../src/cli/look/words.ts'
import type { Library } from '../../../src/cli/ports.ts'
import type { Blame, DiffOptions, ImageDiff, LayerFacts, OpenedImage } from '../../../src/index.ts'
import { findWaste } from '../../../src/look/index.ts'
import { code } from '../../support/pulling.ts'
import { layer } from '../../support/tree.ts'
import { runCommandLine } from '../command-line.ts'

const directory = mkdtempSync(join(tmpdir(), 'tsbuild-look-'))
afterAll(() => rmSync(directory, { recursive: true, force: true }))

const digest = (letter: string) => `sha256:${letter.repeat(64)}` as LayerFacts['digest']
const facts = (index: number, letter: string, createdBy: string, size: number): LayerFacts => ({
  index,
  digest: digest(letter),
  diffId: digest(letter),
  size,
  createdBy,
})
const layers = [facts(0, 'a', 'ADD base', 2_000_000), facts(1, 'b', 'RUN echo \u001b[31m', 3000)]
const platform = { os: 'linux', architecture: 'amd64' }

const image = {
  id: digest('e'),
  platform,
  layers,
  isHere: async (index: number) => index === 0,
  waste: () => findWaste([layer('file /a 123456789', 'file /b b'), layer('file /a 1', 'file /c\u009b2J x')]),
  async [Symbol.asyncDispose]() {},
} as Partial<OpenedImage> as OpenedImage
const openImage = async () => image

describe('explore without a terminal', () => {
  test('prints layers and wasted files', async () => {
    const { status, stdout, stderr } = await runCommandLine(['explore', 'app'], { openImage })
    expect(stderr).toBe('fetching 1 of 2 layers, 3kB\n')
    expect([status, `\n${stdout}`]).toEqual([
      0,
      `
app  eeeeeeeeeeee  linux/amd64  2MB in 2 layers, 12B of files

LAYER  BLOB  FILES  CREATED BY
1      2MB   10B    ADD base
2      3kB   2B     RUN echo <U+001B>[31m

Analysis:
  efficiency:        25.00 %
  wastedBytes:       10 bytes (10B), of which nobody sees 9B
  userWastedPercent: 500.00 %

Inefficient Files:
  Count  Wasted Space  Layers  File Path
  2      10B           1,2     /a
`,
    ])
  })

  test('--json has the facts in the words of dive', async () => {
    const { stdout } = await runCommandLine(['explore', '--json', '-', 'app'], { openImage })
    const found = JSON.parse(stdout)
    expect(found.image).toEqual({
      sizeBytes: 12,
      inefficientBytes: 10,
      efficiencyScore: 0.25,
      fileReference: [{ count: 2, sizeBytes: 10, file: '/a' }],
    })
    expect(found.layer[1]).toMatchObject({
      index: 1,
      digestId: digest('b'),
      sizeBytes: 2,
      command: 'RUN echo \u001b[31m',
    })
    expect(found.tsbuild).toMatchObject({
      efficiency: 0.25,
      wastedBytes: 10,
      userWastedPercent: 5,
      files: [{ path: '/a', writtenBy: [0, 1] }],
    })
    const file = join(directory, 'facts.json')
    await runCommandLine(['explore', '--json', file, 'app'], { openImage })
    expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual(found)
  })

  test('--ci, CI and a rule hold the image against rules, and one that fails gives status 1', async () => {
    const { status, stdout } = await runCommandLine(['explore', 'app', '--ci'], { openImage })
    expect(status).toBe(1)
    expect(stdout.slice(stdout.indexOf('Evaluation'))).toBe(`Evaluation:
  FAIL  highestUserWastedPercent (too many bytes wasted, relative to the user bytes added (%-user-wasted-bytes=5.0000 > threshold=0.1))
  SKIP  highestWastedBytes (disabled)
  FAIL  lowestEfficiency (image efficiency is too low (efficiency=0.2500 < threshold=0.9))

FAIL [fail:2 skip:1]
`)
    const rules = ['--lowestEfficiency', '0.25', '--highestWastedBytes', '10B', '--highestUserWastedPercent=off']
    const passed = await runCommandLine(['explore', 'app', ...rules], { openImage })
    expect([passed.status, passed.stdout.trimEnd().split('\n').at(-1)]).toEqual([0, 'PASS [pass:2 skip:1]'])
    expect((await runCommandLine(['explore', 'app'], { openImage }, { CI: 'true' })).status).toBe(1)
    expect((await runCommandLine(['explore', 'app', '--no-ci'], { openImage }, { CI: 'true' })).status).toBe(0)
    expect((await runCommandLine(['explore', 'app', '--highestWastedBytes', '9b'], { openImage })).status).toBe(1)
  })

  test('rules come from a file; flags win', async () => {
    const file = join(directory, 'rules')
    writeFileSync(
      file,
      '---\n# of dive\nrules:\n  lowestEfficiency: 0.2 # enough\n  highestUserWastedPercent: "off"\nother: x\n',
    )
    const ci = ['explore', 'app', '--ci-config', file]
    expect((await runCommandLine(ci, { openImage })).status).toBe(0)
    expect((await runCommandLine([...ci, '--lowestEfficiency=1'], { openImage })).status).toBe(1)
    expect(() => parseRules('rules:\n  lowest: 1\n', '.dive-ci')).toThrow(code('TSB_CI_RULES'))
    expect(() => parseRules('rules:\n  what\n', '.dive-ci')).toThrow('.dive-ci:2: not of the form NAME: VALUE')
    expect((await runCommandLine(['explore', 'app', '--ci-config', `${file}-not`], { openImage })).stderr).toContain(
      'cannot read',
    )
  })

  test.each([
    ['--lowestEfficiency', '1.1'],
    ['--highestUserWastedPercent', '10%'],
    ['--highestWastedBytes', 'many'],
  ])('a rule %s %s is refused before anything is read', async (flag, value) => {
    const { status, stderr } = await runCommandLine(['explore', 'app', flag, value])
    expect([status, stderr]).toEqual([125, expect.stringContaining(`invalid value for ${flag.slice(2)}: ${value}`)])
  })
})

describe('diff', () => {
  const file = (size: number, mode = 0o644) => ({ kind: 'file' as const, size, mode, uid: 0, gid: 0, mtime: 0 })
  const found: ImageDiff = {
    before: { id: digest('1'), platform, size: 2_003_000 },
    after: { id: digest('2'), platform, size: 2_004_000 },
    same: false,
    config: [
      { key: 'Env.A', before: '1', after: '2\u001b]0;x\u0007' },
      { key: 'User', after: 'me' },
    ],
    layers: [
      { before: layers[0], after: layers[0] } as ImageDiff['layers'][number],
      { before: facts(1, 'b', 'RUN one', 3000) },
      { after: facts(1, 'c', 'RUN two', 4000) },
    ],
    files: [
      { path: '/a', kind: 'changed', before: file(1), after: file(2, 0o4755), what: ['content', 'mode'] },
      { path: '/new\nline', kind: 'added', after: file(3), what: [] },
      { path: '/etc/x', kind: 'written', after: file(3), what: [] },
    ],
    onlyTimes: 4,
    unread: 1,
  }

  test('shows config, layers and files, and has status 1', async () => {
    const { status, stdout } = await runCommandLine(['diff', 'app:1', 'app:2'], { diff: async () => found })
    expect([status, `\n${stdout}`]).toEqual([
      1,
      `
--- app:1  111111111111  linux/amd64  2MB
+++ app:2  222222222222  linux/amd64  2MB (+1kB)

Config
  ~ Env.A
      - 1
      + 2<U+001B>]0;x<U+0007>
  + User  me

Layers
  = aaaaaaaaaaaa     2MB  ADD base
  - bbbbbbbbbbbb     3kB  RUN one
  + cccccccccccc     4kB  RUN two

Files
  ~ /a                                                  1B → 2B  content, -rw-r--r-- → -rwsr-xr-x
  + /new<U+000A>line                                    3B
  ? /etc/x                                              3B

1 added, 0 removed, 1 changed; 1 ? (one image writes them; what the other has is in a layer that was not fetched); 4 differ in their time alone (--times lists them); 1 equal layers were not fetched (--equal-layers fetches them)
`,
    ])
  })

  test('of the same image has status 0, and an error one of its own', async () => {
    const same = { ...found, same: true, config: [], files: [], onlyTimes: 0, unread: 0 }
    const ran = await runCommandLine(['diff', 'a', 'b'], { diff: async () => same })
    expect([ran.status, ran.stdout]).toEqual([0, expect.stringContaining('the images are the same')])
    const broken = async (): Promise<ImageDiff> =>
      Promise.reject(Object.assign(new Error('gone'), { syscall: 'open', code: 'EACCES' }))
    const failed = await runCommandLine(['diff', 'a', 'b'], { diff: broken })
    expect([failed.status, failed.stderr]).toEqual([3, expect.stringContaining('ERROR: gone')])
  })

  test('--format json is the value; flags are options', async () => {
    const asked: DiffOptions[] = []
    const diff = async (_a: string, _b: string, options: DiffOptions) => {
      asked.push(options)
      return found
    }
    const { stdout } = await runCommandLine(
      ['diff', '--format', 'json', '--times', '--equal-layers', '--platform=linux/arm64', 'a', 'b'],
      { diff },
    )
    expect(JSON.parse(stdout)).toEqual(JSON.parse(JSON.stringify(found)))
    expect(stdout).not.toContain('\u001b')
    expect(asked[0]).toMatchObject({ times: true, equalLayers: true, platform: 'linux/arm64' })
  })
})

describe('blame and extract', () => {
  test('blame has a row for each layer that wrote or removed the path', async () => {
    const found: Blame = {
      path: '/d/f',
      events: [
        { layer: 1, what: 'removed', by: facts(1, 'b', '/bin/sh -c #(nop)  RUN x', 1) },
        {
          layer: 0,
          what: 'added',
          by: facts(0, 'a', 'ADD base', 1),
          facts: { kind: 'symlink', size: 0, mode: 0o777, uid: 1, gid: 2, mtime: 0, target: '\u001bc' },
        },
      ],
    }
    const { stdout } = await runCommandLine(['blame', 'app', 'd/f'], { blame: async () => found })
    expect(stdout).toBe(`/d/f (not in the image any more)
WHAT     LAYER    MODE        OWNER  SIZE         CREATED BY
removed  layer 2                                  RUN x
added    layer 1  lrwxrwxrwx  1:2    → <U+001B>c  ADD base
`)
  })

  test('extract says where it wrote, and what it left out, on standard error', async () => {
    const extract = async () => ({ kind: 'directory' as const, dest: '/out', skipped: ['/p\u001b[2J'] })
    const { stdout, stderr } = await runCommandLine(['extract', 'app', '/d', '-o', 'out'], { extract })
    expect([stdout, stderr]).toEqual(['', 'note: /p<U+001B>[2J is a device or fifo and was left out\n/out/\n'])
  })

  test('extract takes the place also behind the path, as cp does', async () => {
    const asked: unknown[] = []
    const extract: Library['extract'] = async (image, path, { dest }) => {
      asked.push([image, path, dest])
      return { kind: 'file', skipped: [] }
    }
    await runCommandLine(['extract', 'app', '/f', 'out'], { extract })
    await runCommandLine(['extract', 'app', '/f'], { extract })
    expect(asked).toEqual([
      ['app', '/f', 'out'],
      ['app', '/f', undefined],
    ])
    const both = await runCommandLine(['extract', 'app', '/f', 'out', '-o', '-'], { extract })
    expect(both).toMatchObject({ status: 125, stderr: expect.stringContaining('extract writes to one place') })
  })

  test('instructions are shown without what all of their kind have', () => {
    expect(instruction('RUN |2 A=1 B=2 /bin/sh -c npm ci # buildkit')).toBe('RUN npm ci')
    expect(instruction('/bin/sh -c #(nop)  CMD ["sh"]')).toBe('CMD ["sh"]')
    expect(instruction('/bin/sh -c apt-get update')).toBe('RUN apt-get update')
    expect(instruction('')).toBe('(no instruction)')
  })

  test('modes are those of ls', () => {
    expect([0o644, 0o4755, 0o2644, 0o1777].map((mode) => modeText({ kind: 'directory', mode }))).toEqual([
      'drw-r--r--',
      'drwsr-xr-x',
      'drw-r-Sr--',
      'drwxrwxrwt',
    ])
  })
})
