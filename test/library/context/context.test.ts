import { execFileSync } from 'node:child_process'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { filesText } from '../../../src/cli/contexts/context-text.ts'
import {
  type BuildEvent,
  build,
  type ContextOptions,
  type ContextReport,
  context,
  forecast,
} from '../../../src/index.ts'
import { tsbuild } from '../../support/command-line.ts'
import { inPieces, tar } from '../../support/tar.ts'
import { openWorkspace, type Workspace } from '../../support/workspace.ts'

const dockerfile = [
  'FROM scratch AS base',
  'COPY package*.json /app/',
  'COPY --exclude=*.md src /app/src',
  'FROM scratch AS tools',
  'COPY tools /tools',
  'FROM base',
  'RUN --mount=type=bind,source=conf,target=/conf true',
  'COPY missing /x',
].join('\n')

const files = {
  'context/package.json': '{}',
  'context/src/a.ts': 'a'.repeat(10),
  'context/src/notes.md': 'n'.repeat(5),
  'context/tools/t': 't'.repeat(7),
  'context/conf/c': 'c',
  'context/data/one': 'd'.repeat(100),
  'context/data/deep/two': 'd'.repeat(200),
}

async function opened(more: Readonly<Record<string, string>> = {}): Promise<Workspace> {
  const workspace = await openWorkspace()
  workspace.write({ 'context/Dockerfile': dockerfile, ...files, ...more })
  return workspace
}

const listed = ({ environment }: Workspace, options: Partial<ContextOptions> = {}): Promise<ContextReport> =>
  context({ context: 'context', ...options }, environment)

const codes = ({ advice }: ContextReport) => advice.map(({ code }) => code)

describe('a build context', () => {
  test('has its files with sizes, the biggest folders, what is taken and what never is', async () => {
    await using workspace = await opened()
    const report = await listed(workspace)
    expect(report.total).toEqual({ files: 8, bytes: dockerfile.length + 325 })
    expect(report.files.map(({ path, size }) => `${path} ${size}`)).toEqual([
      `Dockerfile ${dockerfile.length}`,
      'conf 0',
      'conf/c 1',
      'data 0',
      'data/deep 0',
      'data/deep/two 200',
      'data/one 100',
      'package.json 2',
      'src 0',
      'src/a.ts 10',
      'src/notes.md 5',
      'tools 0',
      'tools/t 7',
    ])
    expect(report.folders.slice(0, 3).map(({ path, bytes, files }) => [path, bytes, files])).toEqual([
      ['data', 300, 2],
      ['data/deep', 200, 1],
      ['src', 15, 2],
    ])
    expect(
      report.uses.map(({ kind, files, bytes, sources }) => [kind, files, bytes, sources[0]?.error?.message]),
    ).toEqual([
      ['copy', 1, 2, undefined],
      ['copy', 1, 10, undefined],
      ['mount', 1, 1, undefined],
      ['copy', 0, 0, 'failed to compute cache key: "/missing": not found'],
    ])
    expect(report.unused.folders.map(({ path }) => path)).toEqual(['data', 'Dockerfile', 'tools', 'src/notes.md'])
    expect(report.unused.total).toEqual({ files: 5, bytes: dockerfile.length + 312 })
    expect(codes(report)).toEqual([])
  })

  test('is told for the target that is asked for', async () => {
    await using workspace = await opened()
    const report = await listed(workspace, { target: 'tools' })
    expect(report.uses.map(({ sources }) => sources[0]?.path)).toEqual(['tools'])
    expect(report.unused.folders.map(({ path }) => path)).not.toContain('tools')
  })

  test('says which line decided on a path, and which lines before it had a say', async () => {
    const ignore = '# all but\n*\n!src\n!package*.json\nsrc/*.md\n'
    await using workspace = await opened({ 'context/.dockerignore': ignore })
    const why = [
      'src/a.ts',
      'src/notes.md',
      'data/deep/two',
      'nosuch',
      path.join(workspace.directory, 'context/src'),
      '.',
    ]
    const report = await listed(workspace, { why })
    expect(
      report.why.map(({ path, outcome, lines, usedBy }) => [path, outcome, lines.map((line) => line.line), usedBy]),
    ).toEqual([
      ['src/a.ts', 'sent', [2, 3], [1]],
      ['src/notes.md', 'ignored', [2, 3, 5], []],
      ['data/deep/two', 'ignored', [2], []],
      ['nosuch', 'missing', [2], []],
      ['src', 'sent', [2, 3], [1]],
      ['.', 'sent', [], [0, 1]],
    ])
    expect(report.why[1]?.decidedBy).toEqual({ file: '.dockerignore', line: 5, pattern: 'src/*.md' })
    expect(report.ignoreFile).toEqual({ name: '.dockerignore', patterns: 4 })
    expect(report.ignored).toContainEqual({ path: 'data', by: { file: '.dockerignore', line: 2, pattern: '*' } })
    expect(report.files.map(({ path }) => path)).toEqual(['package.json', 'src', 'src/a.ts'])
  })

  test('a folder that is ignored but for a part of it, and no line at all', async () => {
    await using workspace = await opened({ 'context/.dockerignore': 'data\n!data/deep\n' })
    const { why } = await listed(workspace, { why: ['data', 'data/one', 'data/deep/two', 'tools'] })
    expect(why.map(({ outcome, decidedBy }) => [outcome, decidedBy?.pattern])).toEqual([
      ['partly', 'data'],
      ['ignored', 'data'],
      ['sent', '!data/deep'],
      ['sent', undefined],
    ])
  })

  test('advice: .git and node_modules with what takes them, much that is never copied, no ignore file', async () => {
    await using workspace = await opened({
      'context/.git/HEAD': 'ref',
      'context/web/node_modules/x/node_modules/y/i.js': '1',
      'context/data/big': 'b'.repeat(10_000_000),
    })
    const report = await listed(workspace)
    expect(codes(report)).toEqual(['git', 'node-modules', 'mostly-unused', 'no-ignore-file'])
    expect(report.advice[2]?.message).toBe('10MB of 10MB are never copied, most of it in data/')
    const whole = await listed(workspace, { dockerfile: 'FROM scratch\nCOPY . /\n' })
    expect(codes(whole)).toEqual(['git', 'node-modules', 'no-ignore-file'])
    expect(whole.advice[0]?.message).toContain('COPY . / (Dockerfile:2) takes it, and runs again after each commit')
    workspace.write({ 'context/.dockerignore': '.git\n**/node_modules\ndata\n' })
    expect(codes(await listed(workspace))).toEqual([])
  })

  test('a plan advises on what a COPY of all takes, which takes no list of the context', async () => {
    await using workspace = await opened({ 'context/.git/HEAD': 'ref', 'context/node_modules/x': '' })
    const planned = (text: string) => forecast({ context: 'context', dockerfile: text }, workspace.environment)
    const { advice } = await planned('FROM scratch\nCOPY . /\n')
    expect(advice.map(({ code }) => code)).toEqual(['git', 'node-modules'])
    expect(advice[0]?.message).toBe(
      '.git is part of the context: COPY . / (Dockerfile:2) takes it, and runs again after each commit',
    )
    expect((await planned('FROM scratch\nCOPY src /\n')).advice).toEqual([])
    workspace.write({ 'context/.dockerignore': '.git\nnode_modules\n' })
    expect((await planned('FROM scratch\nCOPY . /\n')).advice).toEqual([])
  })

  test('a build whose COPY of all ran says that an ignore file is missing, once; an empty one says that it is meant', async () => {
    await using workspace = await opened({ 'context/.git/HEAD': 'ref', 'context/node_modules/x': '' })
    const told = async (text: string) => {
      const notices: string[] = []
      const onEvent = (event: BuildEvent) => void (event.type === 'notice' && notices.push(event.message))
      await build({ context: 'context', dockerfile: text, onEvent }, workspace.environment)
      return notices
    }
    const all = 'FROM scratch\nCOPY . /\n'
    expect(await told('FROM scratch\nCOPY src /\n')).toEqual([])
    expect(await told(all)).toEqual([
      'advice: write a .dockerignore: COPY . / (Dockerfile:2) takes .git and node_modules',
    ])
    expect(await told(all)).toEqual([])
    workspace.write({ 'context/.dockerignore': '', 'context/new': '' })
    expect(await told(all)).toEqual([])
  })

  test('G05 the value of a secret is stars, wherever a build argument or a name brings it', async () => {
    const value = 'CANARY_of_context'
    await using workspace = await opened({ [`context/a${value}`]: '1' })
    const asked = {
      dockerfile: 'FROM scratch\nARG T\nCOPY a$T /\nCOPY nosuch$T /\n',
      args: { T: value },
      secrets: { t: { env: 'S' } },
      why: [`a${value}`],
    }
    const environment = { ...workspace.environment, env: { S: value } }
    const report = await context({ context: 'context', ...asked }, environment)
    expect(report.uses.map(({ label }) => label)).toEqual(['[1/2] COPY a*** /', '[2/2] COPY nosuch*** /'])
    expect(JSON.stringify(report)).not.toContain(value)
  })

  test('a fifo is listed, and is an error only of what takes it', async () => {
    await using workspace = await opened()
    execFileSync('mkfifo', [path.join(workspace.directory, 'context/src/pipe')])
    const report = await listed(workspace)
    expect(report.files.find(({ path }) => path === 'src/pipe')?.kind).toBe('special')
    expect(report.uses[1]?.sources[0]?.error?.message).toContain('the context has a fifo at /src/pipe')
  })

  test('an archive has no ignore file and gets no advice', async () => {
    await using workspace = await openWorkspace()
    const archive = tar('f Dockerfile=FROM scratch', 'f .dockerignore=a', 'f .git/HEAD=x', 'f a=1')
    const report = await context({ context: { tar: inPieces(archive) }, why: ['a'] }, workspace.environment)
    expect([report.ignoreFile, report.advice, report.why[0]?.outcome]).toEqual([undefined, [], 'sent'])
  })

  test('a path outside is an error', async () => {
    await using workspace = await opened()
    await expect(listed(workspace, { why: ['/etc/passwd'] })).rejects.toMatchObject({ code: 'TSB_CONTEXT_PATH' })
  })
})

describe('tsbuild context', () => {
  test('for people, with nothing of a name that speaks to the terminal; for programs', async () => {
    await using workspace = await opened({ 'context/.dockerignore': 'data\n', 'context/tools/\x1b]0;x\x07\n': '' })
    const { status, stdout } = await tsbuild(workspace, 'context', 'context')
    expect(status).toBe(0)
    expect(stdout).toContain(' data   .dockerignore:1   data\n')
    expect(stdout).toContain('TAKEN BY\n  #1   2B     1       [base 1/2] COPY package*.json /app/ (Dockerfile:2)\n')
    const list = filesText(await listed(workspace))
    expect(list).toContain('10B    #2      src/a.ts\n')
    expect(list).toContain('tools/<U+001B>]0;x<U+0007><U+000A>\n')
    const why = await tsbuild(workspace, 'context', '--why', 'data', '--why', 'src/a.ts', 'context')
    expect(why.stdout).toBe(
      'data: ignored by .dockerignore:1  data\nsrc/a.ts: in the context: no line of an ignore file matches\n  taken by [base 2/2] COPY --exclude=*.md src /app/src (Dockerfile:3)\n',
    )
    const json = JSON.parse((await tsbuild(workspace, 'context', '--format', 'json', 'context')).stdout)
    expect(json.uses[0]).toMatchObject({ kind: 'copy', place: 'Dockerfile:2', bytes: 2 })
  })
})
