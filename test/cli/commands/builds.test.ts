import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { BuildRecord } from '../../../src/builds/index.ts'
import { summaryText } from '../../../src/cli/builds/summary-text.ts'
import { build, history, openBuilds, openImages } from '../../../src/index.ts'
import { openWorkspace, type Workspace } from '../../support/workspace.ts'
import { runCommandLine } from '../command-line.ts'

const dockerfile = 'FROM scratch AS build\nCOPY a /\nFROM scratch\nCOPY --from=build / /\n'

async function twoBuilds(): Promise<Workspace> {
  const workspace = await openWorkspace()
  workspace.write({ 'context/a': '1', 'context/Dockerfile': dockerfile })
  await workspace.build({ tags: ['app'] })
  workspace.write({ 'context/a': '2', 'context/\u001b]0;title\u0007b': '' })
  await workspace.build({ tags: ['app'], target: 'build' })
  return workspace
}

const tsbuild = (workspace: Workspace, ...argv: readonly string[]) =>
  runCommandLine(argv, { builds: async () => openBuilds(workspace.environment) })

describe('tsbuild builds', () => {
  test('lists, filters, shows, compares and forgets what was built', async () => {
    await using workspace = await twoBuilds()
    const list = await tsbuild(workspace, 'builds')
    expect(list.stdout).toMatch(
      /^N +BUILD ID +NAME +STATUS +CREATED AT +DURATION\n2 +\w{20} +app \(build\) +Completed .*s\n1 /,
    )
    const filtered = await tsbuild(
      workspace,
      'builds',
      'ls',
      '--filter',
      'name=app',
      '--format',
      '{{.Number}} {{.Steps}}',
    )
    expect(filtered.stdout).toBe('1 2\n')
    const shown = await tsbuild(workspace, 'builds', 'show', '1')
    expect(shown.stdout).toMatch(/^Build Steps: +2\/2 \(0% cached\)$/m)
    expect(shown.stdout).toMatch(/^#\d +DONE +\d.* \[build 1\/1\] COPY a \/\n +miss: never built here$/m)
    expect(JSON.parse((await tsbuild(workspace, 'builds', 'show', '--format=json')).stdout).number).toBe(2)
    const template = '{{.Number}} {{.Status}} {{.Target}} {{.Steps}} {{range .steps}}{{.outcome}} {{end}}'
    expect((await tsbuild(workspace, 'builds', 'show', '--format', template)).stdout).toMatch(
      /^2 Completed build 1 (?:ran )+\n$/,
    )
    const diff = await tsbuild(workspace, 'builds', 'diff')
    expect(diff.stdout).toMatch(/^ {2}target: \(none\) → build$/m)
    expect(diff.stdout).toMatch(/^~ +ran .* COPY a \/\n +miss: a changed\n- /m)
    expect((await tsbuild(workspace, 'builds', 'rm', '^0')).stdout).toMatch(/^\w{20}\n$/)
    expect((await tsbuild(workspace, 'builds', '-q')).stdout.split('\n')).toHaveLength(2)
  })

  test('says what is wrong with names, and with flags', async () => {
    await using workspace = await twoBuilds()
    const missing = await tsbuild(workspace, 'builds', 'show', '9')
    expect([missing.status, missing.stderr]).toEqual([
      1,
      expect.stringMatching(/^ERROR: no such build: 9 \[TSB_BUILD_NOT_FOUND\]\nhint: tsbuild builds lists them/),
    ])
    for (const words of [['rm'], ['rm', '--all', '1'], ['ls', '--filter', 'nosuch=1'], ['ls', '--filter', 'name~=(']]) {
      expect((await tsbuild(workspace, 'builds', ...words)).status).toBe(125)
    }
    expect((await tsbuild(workspace, 'builds', 'logs', '2', 'nosuch')).stderr).toContain('build 2 has no step "nosuch"')
  })
})

test('what buildx calls its history leads to tsbuild builds, unless an image is called so', async () => {
  await using workspace = await twoBuilds()
  const own = workspace.environment
  const asked = (...argv: readonly string[]) =>
    runCommandLine(argv, {
      openImages: (_, options) => openImages(own, options),
      history: (name, options) => history(name, options, own),
    })
  const [page, logs] = ['builds show BUILD --report FILE.html', 'builds logs BUILD']
  for (const [words, hint] of [
    ['builds open', page],
    ['builds report 2 -o page.html', page],
    ['builds trace ^0', page],
    ['builds sho', 'did you mean "show"'],
    ['history ls', 'tsbuild builds lists'],
    ['history logs ^0', logs],
    ['history inspect', 'tsbuild builds show'],
  ] as const) {
    expect(await asked(...words.split(' '))).toMatchObject({ status: 125, stderr: expect.stringContaining(hint) })
  }
  await workspace.build({ tags: ['ls'] })
  expect(await asked('history', '-q', 'ls')).toMatchObject({ status: 0, stderr: '' })
})

test('tsbuild why lists each file that changed, in words and as JSON, and no name of one moves a cursor', async () => {
  await using workspace = await twoBuilds()
  workspace.write({ 'context/Dockerfile': 'FROM scratch\nCOPY . /\n' })
  await workspace.build()
  workspace.write({ 'context/\u001b]0;title\u0007b': '2', 'context/.git/x': '' })
  await workspace.build()
  const { stdout, status } = await tsbuild(workspace, 'why', '--build', '^0')
  expect(status).toBe(0)
  expect(stdout).toMatch(/^ {3}miss: <U\+001B>\]0;title<U\+0007>b changed \(\d more\)$/m)
  expect(stdout).toMatch(/^ {5}added \.git\/x$/m)
  expect(stdout).toMatch(/^ {3}advice: \.git\/x is in the context/m)
  const json = JSON.parse((await tsbuild(workspace, 'why', 'COPY . /', '--build', '^0', '--format', 'json')).stdout)
  expect(json.steps[0].cacheReason.changes[0].files).toContainEqual({ path: '.git/x', change: 'added' })
  expect(json.steps[0].advice[0].kind).toBe('ignore-files')
})

test('a build that failed, before its steps or later, says so, and one whose context is not there is none', async () => {
  await using workspace = await twoBuilds()
  const why = async () => (await tsbuild(workspace, 'why')).stdout
  await expect(build({ context: 'tset' }, workspace.environment)).rejects.toMatchObject({
    code: 'TSB_CONTEXT_NOT_FOUND',
  })
  expect(await why()).toMatch(/^build 2 of app/)
  workspace.write({ 'context/Dockerfile': 'FROM scratch\nCOPX a /\n' })
  await expect(workspace.build()).rejects.toThrow('COPX')
  expect(await why()).toMatch(/^build 3 of .*: it failed before its steps: .*COPX {2}\[TSB_UNKNOWN_INSTRUCTION\]\n$/)
  workspace.write({ 'context/Dockerfile': 'FROM scratch\nCOPY a /\nCOPY no-such /\n' })
  await expect(workspace.build()).rejects.toThrow('no-such')
  expect(await why()).toMatch(
    /^build 4 of .*: \d of \d steps came from the cache, and it failed: .*no-such.* {2}\[TSB_COPY_SOURCE_MISSING\]\n/,
  )
})

test('without a name the newest build of this folder is meant, else the newest of the store, which is said', async () => {
  await using workspace = await twoBuilds()
  workspace.write({ 'other/Dockerfile': dockerfile, 'other/a': '1' })
  const at = (folder: string) => ({ ...workspace.environment, cwd: join(workspace.directory, folder) })
  await build({ context: '.' }, at('other'))
  const asked = (folder: string, ...argv: readonly string[]) =>
    runCommandLine(argv, { builds: async () => openBuilds(at(folder)) })
  const commands = [
    ['builds', 'show', '--format', 'json'],
    ['why', '--format', 'json'],
    ['builds', 'diff', '--format', 'json'],
  ]
  const numbers = commands.map(async (argv) => {
    const { stdout, stderr } = await asked('context', ...argv)
    const found = JSON.parse(stdout)
    return [found.number ?? found.build?.number ?? `${found.before.number} ${found.now.number}`, stderr]
  })
  expect(await Promise.all(numbers)).toEqual([
    [2, ''],
    [2, ''],
    ['1 2', ''],
  ])
  expect((await asked('other', 'builds', 'diff')).stderr).toContain('before build 3 is remembered')
  for (const argv of [['builds', 'show'], ['builds', 'logs'], ['why']]) {
    const { status, stderr } = await asked('context/nothing', ...argv)
    expect([status, stderr]).toEqual([0, `build 3 of ${at('other').cwd}: this folder has none\n`])
  }
  expect(
    (await runCommandLine(['why'], { builds: async () => openBuilds({ root: '/nowhere', cwd: '/' }) })).stderr,
  ).toMatch(/^ERROR: no build is remembered in this store \[TSB_BUILD_NOT_FOUND\]\n/)
})

describe('the summary of a build', () => {
  const step = (label: string, more: object) => ({
    id: `internal:${label}`,
    number: 1,
    label,
    kind: 'run',
    inputs: [],
    ...more,
  })
  const build = (steps: readonly object[], layers: readonly object[] = [], growth?: object) =>
    ({ steps, images: [{ platform: 'linux/amd64', digest: '', layers, growth }] }) as unknown as BuildRecord

  test('says nothing of a build of which nothing is worth saying, unless it is asked to', () => {
    const small = build(
      [step('[1/1] RUN x', { outcome: 'ran', started: 0, completed: 900 })],
      [{ size: 5000, label: 'x' }],
    )
    expect(summaryText(small, 'auto')).toBe('')
    expect(summaryText(small, 'always')).toBe(
      '\n 0 of 1 step cached, slowest: [1/1] RUN x 0.9s\n image 5kB in 1 layer\n',
    )
  })

  test('names what the cache saved, the slowest steps, large layers and what the image grew by', () => {
    const ran = step('[2/2] RUN npm ci', { outcome: 'ran', started: 0, completed: 61_000 })
    const hit = step('[1/2] RUN apt', { outcome: 'cached', saved: 12_000 })
    const layers = [
      { size: 40_000_000, label: 'base' },
      { size: 20_000_000, label: ran.label, step: ran.id },
    ]
    const growth = { against: 'app:latest', before: 50_000_000, now: 60_000_000 }
    expect(summaryText(build([hit, ran], layers, growth), 'auto')).toBe(
      '\n 1 of 2 steps cached, 12.0s saved, slowest: [2/2] RUN npm ci 1m 1s\n image 60MB in 2 layers, 10MB (20.0%) more than app:latest before\n layers: [2/2] RUN npm ci 20MB\n',
    )
    expect(summaryText(build([hit, ran], layers, growth), 'never')).toBe('')
  })
})
