import { getuid } from 'node:process'
import { beforeAll, describe, expect, it } from 'vitest'
import { openBadWorkspace } from '../support/bad-input.ts'
import { hasBusyboxBase, noBusyboxBase } from '../support/busybox-base.ts'
import { type Ran, tsbuild, tsbuildOnTerminal } from '../support/command-line.ts'
import { hasProgram } from '../support/programs.ts'
import type { Workspace } from '../support/workspace.ts'

const able = getuid?.() === 0 && hasBusyboxBase
const canary = 'CANARY/4711+x'
const keyLine = 'KEYLINE-0815-of-a-key'
const secrets = ['--secret', 'id=token,src=token', '--secret', 'id=key,src=key']
const given = [...secrets, '-f', 'Dockerfile', '-t', 'masked', 'context']

/** What `canary` looks like in base64, at each of the three places where it may begin, and in a URL. */
const forms = [/CANARY/, /4711/, /Q0FOQVJZLzQ3/, /NBTkFSWS80N/, /DQU5BUlkvND/, /CANARY%2F/, /KEYLINE/]

function expectMasked(text: string): void {
  for (const form of forms) expect(text).not.toMatch(form)
}

/** The output of steps in the lines of rawjson, and all else in them. */
function logsOf({ stderr }: Ran): string {
  const lines = stderr.split('\n').filter((line) => line !== '')
  const datas = lines.flatMap((line) => (JSON.parse(line).logs ?? []).map((log: { data: string }) => log.data))
  return [...datas.map((data: string) => Buffer.from(data, 'base64').toString()), ...lines].join('\n')
}

const printing = `RUN --mount=type=secret,id=token --mount=type=secret,id=key cd /run/secrets; \\
  cat token; cat token >&2; for before in '' a ab; do (printf "$before"; cat token) | base64; done; \\
  printf "https://u:%s@h/" "$(sed 's,/,%2F,;s,+,%2B,' token)"; \\
  head -c 6 token; sleep 0.3; tail -c +7 token; sed -n 2p key; exit 3`

describe.skipIf(!able)(`G05: secrets in what is shown (${hasBusyboxBase ? 'needs root' : noBusyboxBase})`, () => {
  let workspace: Workspace
  beforeAll(async () => {
    workspace = await openBadWorkspace()
    workspace.write({ token: canary, key: `-----BEGIN-----\n${keyLine}\n-----END-----\n`, 'context/npmrc': canary })
    return () => workspace[Symbol.asyncDispose]()
  })
  const write = (...lines: readonly string[]) => workspace.write({ Dockerfile: `FROM busybox\n${lines.join('\n')}\n` })

  it.each(['plain', 'rawjson', 'quiet'])('G05 the output of a step is masked with --progress=%s', async (mode) => {
    write(printing)
    const ran = await tsbuild(workspace, '--progress', mode, ...given)
    const text = mode === 'rawjson' ? logsOf(ran) : ran.stderr
    expect(ran.status).toBe(1)
    expect(text).toContain('https://u:***@h/')
    expectMasked(text + ran.stdout)
  })

  it('G05 so is what is said of a RUN that is tried again', async () => {
    write(`RUN echo "${canary}"; exit 3`)
    const { status, stderr } = await tsbuild(workspace, '--progress=plain', '--retry=1', ...given)
    expect(status).toBe(1)
    expect(stderr).toMatch(/try 1 of 2 failed, and again on clean files: process .*\*\*\*/)
    expectMasked(stderr)
  })

  it.skipIf(!hasProgram('script'))('G05 the output of a step is masked on a terminal', async () => {
    write(printing)
    const { status, stdout } = await tsbuildOnTerminal(workspace, ...given)
    expect(status).toBe(1)
    expect(stdout).toContain('https://u:***@h/')
    expectMasked(stdout)
  })

  it('G05 so are one that a step did not ask for, names of steps, warnings, errors and excerpts', async () => {
    write('ARG COPY', `ENV A ${canary}`, `RUN --mount=type=bind,target=/c cat /c/npmrc $COPY; echo "${canary}"; exit 3`)
    const { status, stderr } = await tsbuild(
      workspace,
      '--debug',
      '--progress=plain',
      '--build-arg',
      `COPY=${canary}`,
      ...given,
    )
    expect({ status, code: /TSB_\w+/.exec(stderr)?.[0] }).toEqual({ status: 1, code: 'TSB_STEP_FAILED' })
    expect(stderr).toMatch(/LegacyKeyValueFormat[\s\S]*ENV A \*{13}$/m)
    expect(stderr).toMatch(/^ERROR: .*echo \\?"\*\*\*/m)
    expect(stderr).toContain(`echo "${'*'.repeat(canary.length)}"; exit 3`)
    expectMasked(stderr)
  })

  it('G06 a build argument with the value of a secret is warned of, as is a name that looks like one', async () => {
    write('ARG API_TOKEN', 'RUN echo')
    const { status, stderr } = await tsbuild(
      workspace,
      '--progress=plain',
      '--build-arg',
      `API_TOKEN=${canary}`,
      ...given,
    )
    expect(status).toBe(0)
    expect(stderr).toContain('warning: the image has the value of the secret token in its config')
    expect(stderr).toContain('SecretsUsedInArgOrEnv')
    expectMasked(stderr)
  })

  it('G06 a build with secrets that it uses as such is not warned of', async () => {
    write('ARG VERSION', 'RUN --mount=type=secret,id=token wc -c </run/secrets/token')
    const { status, stderr } = await tsbuild(workspace, '--progress=plain', '--build-arg', 'VERSION=1', ...given)
    expect(status).toBe(0)
    expect(stderr).not.toContain('warning')
  })
})
