import { getuid } from 'node:process'
import { afterAll, beforeAll, describe, it } from 'vitest'
import { buildRefused, type Complaint, openBadWorkspace, refused } from '../support/bad-input.ts'
import { hasBusyboxBase, noBusyboxBase } from '../support/busybox-base.ts'
import type { Workspace } from '../support/workspace.ts'

const reason = hasBusyboxBase ? 'one error, and nothing is left' : noBusyboxBase

describe.skipIf(!hasBusyboxBase)(`a Dockerfile that is not there (${reason})`, () => {
  let workspace: Workspace
  beforeAll(async () => {
    workspace = await openBadWorkspace()
  })
  afterAll(() => workspace[Symbol.asyncDispose]())

  it('in the context: says where it looked and how to name another', () =>
    refused(workspace, ['-q', '-t', 'bad', 'context'], {
      error: /open \/.*\/context\/Dockerfile: no such file or directory$/,
      hint: /name one with -f$/,
    }))

  it('by the name given with -f: says where it looked', () =>
    refused(workspace, ['-q', '-t', 'bad', '-f', 'Dockerfile.prod', 'context'], {
      error: /open Dockerfile\.prod: no such file or directory$/,
      hint: /^hint: looked for \/.*\/Dockerfile\.prod and \/.*\/context\/Dockerfile\.prod$/,
    }))

  it('a directory of that name is called one', () =>
    refused(workspace, ['-q', '-t', 'bad', '-f', 'context', 'context'], { error: /\/context is a directory$/ }))

  it('a context that is not there is not found', () =>
    refused(workspace, ['-q', '-t', 'bad', 'contxt'], {
      error: /path "contxt" not found$/,
      hint: /COPY takes files from/,
    }))
})

const cases: readonly (readonly [rule: string, dockerfile: string, complaint: Complaint])[] = [
  [
    'an empty file is named',
    '',
    { error: /the Dockerfile cannot be empty: file with no instructions: Dockerfile$/, hint: /begins with FROM$/ },
  ],
  ['an instruction before FROM', 'RUN true\n', { error: /no build stage in current context|FROM/, at: 'Dockerfile:1' }],
  [
    'an unknown instruction: the nearest known one is named',
    'FROM busybox\n\nCOYP a /\n',
    { error: /unknown instruction: COYP$/, hint: /did you mean "COPY"\?$/, at: 'Dockerfile:3' },
  ],
  [
    'an unknown flag: the nearest known one is named',
    'FROM busybox\nCOPY --chwon=1 a /\n',
    { error: /unknown flag: --chwon$/, hint: /did you mean "--chown"\?$/, at: 'Dockerfile:2' },
  ],
  [
    'a stage that comes later',
    'FROM busybox AS one\nCOPY --from=two /a /a\nFROM busybox AS two\nFROM one\n',
    { error: /two/, at: 'Dockerfile:2' },
  ],
  [
    'an image of a registry that is not there',
    'FROM no-such-registry.invalid/image:1\n',
    { error: /cannot reach no-such-registry\.invalid/, hint: /name of the registry/, at: 'Dockerfile:1' },
  ],
  ['a name that is none', 'FROM Busy_Box!\n', { error: /Busy_Box!/, hint: /path/, at: 'Dockerfile:1' }],
  [
    'an unknown platform',
    'FROM --platform=lunix/amd64/x/y busybox\n',
    { error: /not a platform: "lunix\/amd64\/x\/y"$/, hint: /such as linux\/amd64/, at: 'Dockerfile:1' },
  ],
  [
    'COPY of a file that is not there: the nearest one is named',
    'FROM busybox\nWORKDIR /app\nCOPY mian.c ./\n',
    { error: /"\/mian\.c": not found$/, hint: /did you mean "\/main\.c"\?$/, at: 'Dockerfile:3' },
  ],
  [
    'COPY of a file outside of the context: says how to have what is above it',
    'FROM busybox\nCOPY ../secret /\n',
    { error: /not found$/, hint: /--build-context NAME=\.\. .*COPY --from=NAME secret give it$/, at: 'Dockerfile:2' },
  ],
  [
    'COPY of a link that leads out of the context',
    'FROM busybox\nCOPY outside/passwd /\n',
    { error: /outside/, at: 'Dockerfile:2' },
  ],
  [
    'COPY of an excluded file: the line of .dockerignore is named',
    'FROM busybox\nCOPY keys.pem /\n',
    { error: /"\/keys\.pem": not found$/, hint: /^hint: \.dockerignore:2 excludes it$/, at: 'Dockerfile:2' },
  ],
  [
    'COPY --from of a file that the stage does not have',
    'FROM busybox AS build\nRUN true\nFROM scratch\nCOPY --from=build /app/bin /\n',
    { error: /"\/app\/bin": not found$/, at: 'Dockerfile:4' },
  ],
  [
    'RUN that fails: its command and exit code',
    'FROM busybox\nRUN echo one && exit 3\nRUN true\n',
    {
      error: /process "\/bin\/sh -c echo one && exit 3" did not complete successfully: exit code: 3$/,
      at: 'Dockerfile:2',
    },
  ],
  [
    'RUN that is killed: its signal',
    'FROM busybox\nRUN sh -c "kill -SEGV \\$\\$"; exit $?\n',
    { error: /did not complete successfully: killed by SIGSEGV$/, at: 'Dockerfile:2' },
  ],
  [
    'RUN of a command that the image does not have, in a shell',
    'FROM busybox\nRUN gcc --version\n',
    { error: /exit code: 127/, at: 'Dockerfile:2' },
  ],
  [
    'RUN of a command that the image does not have, without a shell',
    'FROM busybox\nRUN ["gcc", "--version"]\n',
    { error: /gcc: not found in the image$/, at: 'Dockerfile:2' },
  ],
  [
    'RUN in an image without a shell: the shell is what is not there',
    'FROM scratch\nRUN true\n',
    { error: /\/bin\/sh: not found in the image$/, hint: /shell/, at: 'Dockerfile:2' },
  ],
  ['USER that the image does not have', 'FROM busybox\nUSER nobdy\nRUN true\n', { error: /nobdy/, at: 'Dockerfile:3' }],
  [
    'ADD of a damaged archive',
    'FROM scratch\nADD damaged.tar.gz /\n',
    { error: /damaged\.tar\.gz/, at: 'Dockerfile:2' },
  ],
]

describe.skipIf(getuid?.() !== 0 || !hasBusyboxBase)(`a build that cannot be done (${reason})`, () => {
  let workspace: Workspace
  beforeAll(async () => {
    workspace = await openBadWorkspace()
    workspace.write({
      'context/main.c': 'int main() {}\n',
      'context/keys.pem': 'secret\n',
      'context/outside': '-> /etc',
      'context/.dockerignore': '# none of these\n*.pem\n',
      secret: 'x',
    })
  })
  afterAll(() => workspace[Symbol.asyncDispose]())

  it.each(cases)('%s', async (_, dockerfile, complaint) => {
    await buildRefused(workspace, dockerfile, complaint)
  })
})
