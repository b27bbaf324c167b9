import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { type BuildOptions, TsbuildError } from '../../../src/index.ts'
import { serviceRecord } from '../../report/record.ts'
import { tsbuild } from '../../support/command-line.ts'
import { openWorkspace } from '../../support/workspace.ts'
import { recordingBuild, runCommandLine } from '../command-line.ts'

const folder = mkdtempSync(join(tmpdir(), 'tsbuild-report-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const file = join(folder, 'report.html')

/** A library whose build is written down, and then ends as it is told. */
function library(end: 'well' | 'error' | 'unwritten') {
  const { build } = recordingBuild()
  return {
    build: async (options: BuildOptions) => {
      if (end !== 'unwritten') options.onRecord?.(serviceRecord)
      if (end === 'error') throw new TsbuildError('TSB_STEP_FAILED', 'failed')
      return build(options)
    },
    buildReport: async () => 'the page',
  }
}

describe('build --report', () => {
  test('writes the page of a build that went well, and of one that failed, over the one before', async () => {
    for (const [end, status] of [
      ['well', 0],
      ['error', 1],
    ] as const) {
      writeFileSync(file, 'of another build')
      expect((await runCommandLine(['build', '--report', file, '.'], library(end))).status).toBe(status)
      expect(readFileSync(file, 'utf8')).toBe('the page')
    }
  })

  test('says so when there is nothing to write, and leaves no page of another build', async () => {
    writeFileSync(file, 'of another build')
    const { status, stderr } = await runCommandLine(['build', '-q', '--report', file, '.'], library('unwritten'))
    expect([status, stderr]).toEqual([0, expect.stringContaining(`no report in ${file}`)])
    expect(existsSync(file)).toBe(false)
  })

  test('at a place where no file can be is refused before anything is built', async () => {
    for (const place of [folder, join(folder, 'no/such/file')]) {
      const { status, stderr } = await runCommandLine(['build', '--report', place, '.'])
      expect([status, stderr]).toEqual([125, expect.stringContaining(`--report ${place}`)])
    }
  })
})

describe('flags of a build where none is made', () => {
  const forecast = async () => ({ steps: [], pulls: [], warnings: [], advice: [], done: true }) as never
  const looking = { forecast, drawPlan: async (_: unknown, format: string) => `drawn as ${format}\n` }

  test('graph -o writes to files, in the form of their endings', async () => {
    const [svg, text] = [join(folder, 'a=b.svg'), join(folder, 'graph.txt')]
    const ran = await runCommandLine(['graph', '-o', svg, '-o', text, '-o', '-', '.'], looking)
    expect(ran).toEqual({ status: 0, stdout: 'drawn as tree\n', stderr: '' })
    expect([svg, text].map((file) => readFileSync(file, 'utf8'))).toEqual(['drawn as svg\n', 'drawn as tree\n'])
    await runCommandLine(['graph', '--format=dot', '-o', svg, '.'], looking)
    expect(readFileSync(svg, 'utf8')).toBe('drawn as dot\n')
    expect(await runCommandLine(['graph', '-o', folder, '.'])).toMatchObject({ status: 125 })
    // What is no picture of ours, or the directory that a build would write.
    for (const [name, why] of [
      ['graph.PNG', '.PNG is not drawn'],
      ['graph.pdf', '.pdf is not drawn'],
      ['out', 'the name has no ending'],
    ] as const) {
      const refused = await runCommandLine(['graph', '-o', join(folder, name), '.'], looking)
      expect(refused).toMatchObject({ status: 125, stderr: expect.stringMatching(`${why}.*\nhint: name it graph.svg`) })
      expect(existsSync(join(folder, name))).toBe(false)
    }
    await runCommandLine(['graph', '--format=text', '-o', join(folder, 'out'), '.'], looking)
    expect(readFileSync(join(folder, 'out'), 'utf8')).toBe('drawn as tree\n')
  })

  test('plan says once that those about results have no effect, unless -q is there', async () => {
    const flags = [
      'plan',
      '-o',
      'type=oci,dest=x.tar',
      '--push',
      '--iidfile=id',
      '--cache-to=inline',
      '--format=dot',
      '.',
    ]
    const note = 'note: nothing is built here, so that --output, --push, --iidfile, --cache-to have no effect\n'
    expect(await runCommandLine(flags, looking)).toEqual({ status: 0, stdout: 'drawn as dot\n', stderr: note })
    expect(await runCommandLine([...flags, '-q'], looking)).toMatchObject({ stderr: '' })
    const graph = await runCommandLine(['graph', '-o', 'type=oci,dest=x.tar', '.'], looking)
    expect(graph.stderr).toContain('--output has no effect')
  })
})

test('tsbuild graph, build --report and builds show --report, as programs', async () => {
  await using workspace = await openWorkspace()
  workspace.write({ 'context/a': '1', 'context/Dockerfile': 'FROM scratch\nCOPY a /\n' })
  const [text, svg] = await Promise.all([
    tsbuild(workspace, 'graph', 'context'),
    tsbuild(workspace, 'graph', '--format=svg', '-t', 'app', 'context'),
  ])
  expect(text).toMatchObject({
    status: 0,
    stderr: '',
    stdout: expect.stringContaining('[1/1] COPY a /  · miss: never'),
  })
  expect(svg.stdout).toMatch(/^<svg [^>]*aria-label="Layer graph of app"/)
  const [built, shown] = [join(workspace.directory, 'built.html'), join(workspace.directory, 'shown.html')]
  expect(await tsbuild(workspace, '-q', '--report', built, 'context')).toMatchObject({ status: 0, stderr: '' })
  const show = await tsbuild(workspace, 'builds', 'show', '--report', shown)
  expect(show).toMatchObject({ status: 0, stdout: '', stderr: '' })
  expect(readFileSync(built, 'utf8')).toMatch(/^<!doctype html>\n/)
  expect(readFileSync(shown, 'utf8')).toBe(readFileSync(built, 'utf8'))
})
