import { readFileSync } from 'node:fs'
import { getuid } from 'node:process'
import { beforeAll, describe, expect, it } from 'vitest'
import { openBadWorkspace } from '../support/bad-input.ts'
import { hasBusyboxBase, noBusyboxBase } from '../support/busybox-base.ts'
import { tsbuild, tsbuildOnTerminal } from '../support/command-line.ts'
import { hasProgram } from '../support/programs.ts'
import type { Workspace } from '../support/workspace.ts'

const able = getuid?.() === 0 && hasBusyboxBase
const given = ['-f', 'Dockerfile', '-t', 'hostile', 'context']
/** All but tab and line feed. */
const controls = /[\x00-\x08\x0b-\x1f\x7f-\x9f]/

describe.skipIf(!able)(`text that is hostile to a terminal (${hasBusyboxBase ? 'needs root' : noBusyboxBase})`, () => {
  let workspace: Workspace
  beforeAll(async () => {
    workspace = await openBadWorkspace()
    return () => workspace[Symbol.asyncDispose]()
  })
  const write = (...lines: readonly string[]) => workspace.write({ Dockerfile: `FROM busybox\n${lines.join('\n')}\n` })

  const printing = `RUN printf '\\033]52;c;eA==\\007\\033[2J\\033[31mred\\033[0m\\033[1A\\n'; \\
  printf '::error::x\\n::set-env name=A::b\\na ##vso[task.x]b\\n##[section]c\\n'; \\
  printf 'OK\\rFAKE\\nab\\bc\\n\\xe2\\x80\\xaeturned\\n'; exit 3`

  it('H01 H03 of what a step prints no control gets through where no terminal is, and CR starts a line', async () => {
    write(printing)
    const { stderr } = await tsbuild(workspace, '--progress=plain', ...given)
    expect(stderr).not.toMatch(controls)
    const lines = stderr.split('\n').map((line) => line.replace(/^#\d+ [\d.]+ /, ''))
    expect(lines).toEqual(expect.arrayContaining(['red', 'OK', 'FAKE', 'abc', '<U+202E>turned']))
  })

  it.skipIf(!hasProgram('script'))('H01 on a terminal only colours of a step get through', async () => {
    write(printing)
    const { stdout } = await tsbuildOnTerminal(workspace, ...given)
    expect(stdout).toMatch(/ \x1b\[31mred\x1b\[0m\r?\n/)
    expect(stdout).not.toMatch(/\x1b\]|\x07|\x1b\[2J\x1b\[31m|red\x1b\[0m\x1b\[1A/)
  })

  it.each(['GITHUB_ACTIONS', 'TF_BUILD'])('H02 a runner of CI finds no command where %s is set', async (name) => {
    write(printing)
    const place = { ...workspace, variables: { [name]: 'true' } }
    const { stderr } = await tsbuild(place, '--progress=plain', ...given)
    expect(stderr).toContain('# #vso[task.x]b')
    expect(stderr).not.toMatch(/^\s*::|##\w*\[/m)
  })

  it('H02 of what a step prints nothing is a command in the folds of GitHub and GitLab, and the error names the whole log', async () => {
    write(
      `RUN printf '::endgroup::\\n::error::x\\n \\r::set-env name=A::b\\n##[endgroup]\\n'; \\
  printf 'section_end:1:tsbuild_1\\r\\033[0K\\n\\033[0Ksection_start:1:evil\\r\\033[0Kx\\n'; exit 3`,
    )
    const github = await tsbuild({ ...workspace, variables: { GITHUB_ACTIONS: 'true' } }, '--progress=github', ...given)
    const commands = github.stderr.match(/^[ \t]*::[^\n]*/gm) ?? []
    const [, token = 'none'] = /^::stop-commands::([0-9a-f]{32})$/m.exec(github.stderr) ?? []
    expect(commands.filter((line) => !line.startsWith('::group::#'))).toEqual(
      expect.arrayContaining([`::stop-commands::${token}`, `::${token}::`, '::endgroup::']),
    )
    const known = new RegExp(
      `^::(group::#\\d|endgroup::$|stop-commands::${token}$|${token}::$|error file=Dockerfile,line=2,)`,
    )
    expect(commands.filter((line) => !known.test(line))).toEqual([])
    expect(github.stderr).not.toMatch(/##\w*\[/)
    expect(github.stderr.match(/^::error /gm)).toHaveLength(1)

    const gitlab = await tsbuild({ ...workspace, variables: { GITLAB_CI: 'true' } }, ...given)
    const sections = gitlab.stderr.match(/section_\w+:\d+:\w+[^\n]*?\r\x1b\[0K/g) ?? []
    expect(sections.length).toBeGreaterThan(1)
    expect(sections.filter((mark) => !/:tsbuild_[0-9a-f]{8}_\d+(\[collapsed=true\])?\r/.test(mark))).toEqual([])

    const [, log = ''] = /^whole log: (.*)$/m.exec(gitlab.stderr) ?? []
    expect(readFileSync(log, 'utf8')).toContain('section_start:1:evil\r\x1b[0Kx\n')
  })

  it('H04 H08 invisible characters and escapes of a Dockerfile are warned of with their place, and shown', async () => {
    workspace.write({ Dockerfile: 'FROM busybox\nRUN echo \u202eabc\nLABEL a="\x1b[31m\n' })
    const { stdout, stderr } = await tsbuild(workspace, '--check', ...given)
    expect(stdout).toContain('tsbuild/InvisibleCharacter')
    expect(stdout).toMatch(/^Dockerfile:2/m)
    expect(stdout + stderr).toContain('RUN echo <U+202E>abc')
    const failed = await tsbuild(workspace, '--progress=plain', ...given)
    expect(failed.status).toBe(1)
    expect(failed.stderr).toMatch(/^Dockerfile:3/m)
    expect(failed.stderr).toContain('<U+001B>[31m')
    expect(stdout + stderr + failed.stderr).not.toMatch(/[\x1b\u202e]/)
  })

  it('H05 a line without an end is never in memory as a whole', async () => {
    write('RUN yes | tr -d "\\n" | head -c 200000000; exit 3')
    const place = { ...workspace, variables: { NODE_OPTIONS: '--max-old-space-size=128' } }
    const { status, stderr } = await tsbuild(place, '--progress=quiet', ...given)
    expect(status).toBe(1)
    expect(stderr).toContain('yyyy')
    expect(stderr.length).toBeLessThan(2_000_000)
  })

  it('H06 H07 names and metadata do nothing to a terminal and break no line of JSON', async () => {
    write('LABEL who="\x1b]0;t\x07##vso[x]"', 'ENV A="\x1b[2J"', 'RUN echo "\x1b[31m\r"; : \'\\n"}\'', 'CMD ["\x9b2J"]')
    const place = { ...workspace, variables: { CI: 'true' } }
    const built = await tsbuild(place, '--progress=rawjson', ...given)
    expect(built).toMatchObject({ status: 0 })
    for (const line of built.stderr.trimEnd().split('\n')) expect(() => JSON.parse(line), line).not.toThrow()
    const lists = [
      ['history', '--no-trunc', 'hostile'],
      ['history', '--no-trunc', '--format=json', 'hostile'],
      ['inspect', 'hostile'],
      ['inspect', '--format={{.Config.Labels}}{{.Config.Env}}', 'hostile'],
    ]
    for (const words of lists) {
      const { status, stdout } = await tsbuild(place, ...words)
      expect({ words, status, found: controls.exec(stdout)?.[0] }).toEqual({ words, status: 0, found: undefined })
      expect(stdout).not.toMatch(/##\w*\[/)
      expect(stdout).toMatch(/<U\+001B>|\\u001b/i)
    }
  })
})
