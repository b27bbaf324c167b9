import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { missing } from '../src/cli/program/ignored.ts'
import { createProgram, runProgram } from '../src/cli/program/program.ts'
import type { BuildOptions, IndexOptions } from '../src/index.ts'
import { parse } from '../src/parser/index.ts'
import { builtId, recordingBuild, runCommandLine } from './cli/command-line.ts'
import { scratch } from './support/scratch.ts'

const root = path.resolve(import.meta.dirname, '..')
const folder = path.join(root, 'examples/ci')
const files = readdirSync(folder)
const pages = [...files.filter((name) => /\.ya?ml$/.test(name)).map((name) => `examples/ci/${name}`), 'docs/ci.md']

function read(name: string): string {
  return readFileSync(path.join(root, name), 'utf8')
}

/** Of a page its blocks of shell, a YAML file as it is. */
function scriptsOf(name: string): string {
  const text = read(name)
  return name.endsWith('.md') ? [...text.matchAll(/^```sh\n(.*?)^```/gms)].map(([, block]) => block).join('\n') : text
}

/** What the CI, the shell and who takes over a file put in place of variables. */
const variables: Readonly<Record<string, string>> = {
  IMAGE: 'ghcr.io/team/app',
  CI_REGISTRY_IMAGE: 'registry.gitlab.com/team/app',
  ARCHITECTURE: 'arm64',
}

/** The words of a line of shell, as far as these files have any. */
function wordsOf(line: string): readonly string[] {
  const said = line
    .replace(/\$\(cat [^)]*\)/g, `sha256:${'0'.repeat(64)}`)
    .replace(/\$\{?(\w+)\}?/g, (_, name: string) => variables[name] ?? 'x')
  const words = said.match(/(?:"[^"]*"|'[^']*'|[^\s"'])+/g) ?? []
  return words.map((word) => word.replaceAll(/["']/g, ''))
}

/** The command lines of tsbuild in a text of shell, or in a YAML file that has some. */
function shellLines(text: string): readonly (readonly string[])[] {
  const lines = text.replaceAll(/\\\n\s*/g, ' ').split('\n')
  return lines.flatMap((line) =>
    [...line.matchAll(/(?:^\s*(?:- |run: )?|\|\s*|&& )tsbuild ((?:"[^"]*"|[^|&#\n])*)/g)].map(([, rest = '']) =>
      wordsOf(rest),
    ),
  )
}

/** `args:` of a container, a word a line. */
function listedArguments(text: string): readonly (readonly string[])[] {
  return [...text.matchAll(/\n( *)args:\n((?:\1 +- .*\n)+)/g)].map(([, , list = '']) =>
    [...list.matchAll(/- (.*)/g)].map(([, word = '']) => word),
  )
}

const commands = pages.flatMap((page) => {
  const text = scriptsOf(page)
  return [...shellLines(text), ...listedArguments(text)].map((words) => ({ page, words, line: words.join(' ') }))
})

/** Flags that this tsbuild does not have yet are not looked at. */
const withoutMissing = (words: readonly string[]) =>
  words.filter(
    (word, i) =>
      !Object.keys(missing).some((flag) => word === flag || word.startsWith(`${flag}=`) || words[i - 1] === flag),
  )

describe('the files that a CI takes over', () => {
  test.each(pages)('%s has command lines', (page) => {
    const found = commands.filter((command) => command.page === page).map(({ words }) => words[0])
    expect(found).toContain('build')
    if (page.includes('platforms')) expect(found).toContain('index')
    const mentioned = scriptsOf(page).match(/^[^#\n]*\btsbuild (build|index|login|doctor)\b/gm) ?? []
    expect(found.length).toBeGreaterThanOrEqual(mentioned.length)
  })

  test.each(commands)('$page: tsbuild $line', async ({ words }) => {
    const asked: (BuildOptions | IndexOptions)[] = []
    const recording = recordingBuild()
    const createIndex = async (options: IndexOptions) => {
      asked.push(options)
      return { descriptor: { mediaType: '', digest: builtId as never, size: 1 }, text: '' }
    }
    const place = await scratch()
    const argv = withoutMissing(words).map((word) => (word.endsWith('.digest') ? path.join(place, word) : word))
    const isWork = argv[0] === 'build' || (argv[0] === 'index' && argv[1] === 'create')
    if (!isWork) {
      const program = createProgram(
        async () => {},
        () => {},
        argv,
      )
      return void (await expect(runProgram(program, argv)).resolves.toBeUndefined())
    }
    const ran = await runCommandLine(argv, { build: recording.build, createIndex }, {})
    expect(ran.stderr.replace(/^#.*\n/gm, '').trim()).toBe('')
    expect(ran.status).toBe(0)
    expect([...asked, ...recording.asked]).toHaveLength(1)
  })

  test.each(pages)('%s has no tabs, and indents by two', (page) => {
    const lines = read(page).split('\n')
    expect(lines.filter((line) => line.includes('\t'))).toEqual([])
    if (page.endsWith('.md')) return
    expect(lines.filter((line) => /^(?: {2})* [^ ]/.test(line))).toEqual([])
  })

  test.each(files.filter((name) => name.startsWith('github')))(
    '%s names an image in lower case in each job',
    (name) => {
      const text = read(`examples/ci/${name}`)
      const lines = [...text.matchAll(/run: (echo "IMAGE=.*)/g)].map(([, line = '']) => line)
      expect(lines).toHaveLength(text.match(/runs-on:/g)?.length ?? 0)
      expect(text).not.toMatch(/github\.repository\b/)
      for (const line of lines) {
        const written = execFileSync('bash', ['-ec', line.replace('>> "$GITHUB_ENV"', '')], {
          env: { ...process.env, GITHUB_REPOSITORY: 'Me/App' },
        })
        expect(String(written)).toBe('IMAGE=ghcr.io/me/app\n')
      }
    },
  )

  test('the job of a proposal in GitLab logs in with nothing that may write', () => {
    const [common = '', proposal = '', image = ''] = read('examples/ci/gitlab-ci.yml')
      .replaceAll(/^\s*#.*\n/gm, '')
      .split(/^(?=proposal:|image:)/m)
    const login = /CI_REGISTRY_PASSWORD|CI_JOB_TOKEN/
    expect([common, proposal, image].map((job) => login.test(job))).toEqual([false, false, true])
    expect(proposal).not.toMatch(/--push|--cache-to/)
  })

  test('the Dockerfile of the image that jobs run in can be read', () => {
    const name = path.join(folder, 'builder.Dockerfile')
    expect(() => parse({ name, text: readFileSync(name, 'utf8') })).not.toThrow()
  })

  test('docs/ci.md names all of them', () => {
    expect(files.filter((name) => !read('docs/ci.md').includes(name))).toEqual([])
  })
})
