import { readFileSync, writeFileSync } from 'node:fs'
import { getuid } from 'node:process'
import { beforeAll, describe, expect, test } from 'vitest'
import { TsbuildError } from '../../../src/errors.ts'
import { type Clue, causes } from '../../../src/executor/advice/index.ts'
import { elfHeader } from '../../../src/executor/elf.ts'
import { treeOfEntries } from '../../../src/tree/index.ts'
import { busyboxBase, hasBusyboxBase, noBusyboxBase } from '../../support/busybox-base.ts'
import { openWorkspace, type Workspace } from '../../support/workspace.ts'

const able = getuid?.() === 0 && hasBusyboxBase
const root = { uid: 0, gid: 0 }

test('docs/errors.md tells of each cause', () => {
  const page = readFileSync(new URL('../../../docs/errors.md', import.meta.url), 'utf8')
  const [, section = ''] = /## What a failed RUN ran into\n([\s\S]*?)\n## /.exec(page) ?? []
  const rows = [...section.matchAll(/^\| `([a-z-]+)` \| .* \|$/gm)].map(([, name]) => name)
  expect(rows).toEqual(Object.keys(causes))
})

describe.skipIf(!able)(`what is said of a step that failed (${hasBusyboxBase ? 'needs root' : noBusyboxBase})`, () => {
  let workspace: Workspace
  beforeAll(async () => {
    workspace = await openWorkspace()
    await workspace.import(busyboxBase(), 'base')
    const foreign = elfHeader({ os: 'linux', architecture: process.arch === 'arm64' ? 'amd64' : 'arm64' })
    workspace.write({
      'context/crlf.sh': '#!/bin/sh\r\necho hi\r\n',
      'context/bash.sh': '#!/bin/bash\necho hi\n',
      'context/env.sh': '#!/usr/bin/env node\n',
      'context/plain.sh': 'echo hi\n',
      'context/package.json': '{}',
      // Stands for a program of Debian: a base image with the real one is not there in each run.
      'context/apt-get': '#!/bin/sh\ncat /said >&2; exit 100\n',
    })
    writeFileSync(`${workspace.directory}/context/foreign`, foreign ?? '')
    return () => workspace[Symbol.asyncDispose]()
  })

  /** The hint of a build that has to fail. */
  async function hintOf(...lines: readonly string[]): Promise<string | undefined> {
    workspace.write({ 'context/Dockerfile': `FROM base\n${lines.join('\n')}\n` })
    const error = await workspace.build().then(
      () => undefined,
      (thrown: unknown) => thrown,
    )
    expect(error).toBeInstanceOf(TsbuildError)
    const hint = error instanceof TsbuildError ? error.hint : undefined
    // What is said of every step that is kept.
    return hint?.replace(/(; )?tsbuild shell opens .*$/, '') || undefined
  }
  const prints = (text: string, code = 1) => `RUN printf '%s\\n' ${text}; exit ${code}`
  const aptGet = 'COPY --chmod=755 apt-get /bin/apt-get'

  test.each<[cause: string, lines: readonly string[], hint: RegExp]>([
    ['a misspelt command', ['RUN hosname'], /^no folder of PATH has hosname .*; near to it is hostname$/],
    ['the exec form with a slip', ['RUN ["true", ]'], /^what stands in brackets is not valid JSON/],
    [
      'a command whose package is known',
      [aptGet, 'RUN git version'],
      /has git .*; RUN apt-get update && apt-get install -y git brings it$/,
    ],
    [
      'a command outside of PATH',
      ['RUN mkdir -p /opt/go/bin && cp /bin/busybox /opt/go/bin/go', 'RUN go'],
      /^\/opt\/go\/bin\/go is in the image, .* ENV PATH="\/opt\/go\/bin:\$PATH"$/,
    ],
    [
      'a file that is not there',
      ['WORKDIR /a', 'COPY plain.sh ./plain.sh', 'RUN ./plan.sh'],
      /^\/a\/plan.sh was not in the image .* near to it is plain.sh$/,
    ],
    [
      'a script of the step itself whose interpreter is not there',
      ["RUN printf '#!/bin/bash\\n' > /own; chmod +x /own; /own"],
      /^\/own was not in the image when the step began: if the step makes it, the interpreter /,
    ],
    ['CR LF', ['COPY --chmod=755 crlf.sh /crlf.sh', 'RUN /crlf.sh'], /lines of \/crlf.sh end in CR LF/],
    [
      'an interpreter that is not there',
      ['COPY --chmod=755 bash.sh /bash.sh', 'RUN /bash.sh'],
      /^\/bash.sh asks for \/bin\/bash, which is not in the image$/,
    ],
    [
      'the same in exec form',
      ['COPY --chmod=755 bash.sh /bash.sh', 'RUN ["/bash.sh"]'],
      /^\/bash.sh asks for \/bin\/bash, which is not in the image$/,
    ],
    [
      'an interpreter by env',
      ['RUN mkdir -p /usr/bin && ln -s /bin/env /usr/bin/env', 'COPY --chmod=755 env.sh /env.sh', 'RUN /env.sh'],
      /^no folder of PATH has node /,
    ],
    [
      'a program for another machine',
      ['COPY --chmod=755 foreign /foreign', 'RUN ["/foreign"]'],
      /^\/foreign is a program for (arm64|amd64), and the step runs on/,
    ],
    [
      'no permission to execute',
      ['COPY --chmod=644 plain.sh /plain.sh', 'RUN /plain.sh'],
      /^\/plain.sh has mode 0644, no permission to execute/,
    ],
    [
      'a place of root',
      ['RUN mkdir /srv', 'USER www-data', 'RUN mkdir -p /srv/app/data'],
      /^the step runs as user 33, and \/srv belongs to 0:0 with mode 0755/,
    ],
    ['a bind mount', ['RUN --mount=target=/src touch /src/x'], /^\/src\/x is in a bind mount/],
    [
      'a name without network',
      ['RUN --network=none wget -q http://example.invalid/'],
      /^the step has no network: it runs with --network=none/,
    ],
    [
      '/dev/shm',
      ['RUN dd if=/dev/zero of=/dev/shm/x bs=1M count=80'],
      /^the disk has room now, .*\/dev\/shm.*--shm-size/,
    ],
    [
      'no package-lock.json',
      [
        'WORKDIR /app',
        'COPY package.json ./',
        prints('"npm error The \\`npm ci\\` command can only install with an existing package-lock.json"'),
      ],
      /^package-lock.json \(in \/app\) was not in the image/,
    ],
    [
      'no requirements.txt',
      [prints('"ERROR: Could not open requirements file: [Errno 2] No such file or directory: \'requirements.txt\'"')],
      /^\/requirements.txt was not in the image .* COPY requirements.txt/,
    ],
    [
      'old lists of apt',
      [aptGet, 'RUN echo "E: Unable to locate package curl" > /said', 'RUN apt-get install -y curl'],
      /lists are those of an earlier step or the base, .*RUN apt-get update && apt-get install/,
    ],
    [
      'fresh lists of apt',
      [aptGet, 'RUN echo "E: Unable to locate package crul" > /said', 'RUN apt-get update || apt-get install -y crul'],
      /^the lists are fresh, and none has crul/,
    ],
    [
      '404 of apt',
      [
        aptGet,
        'RUN echo "E: Failed to fetch http://deb.debian.org/x.deb  404  Not Found [IP: 1.1.1.1 80]" > /said',
        'RUN apt-get install -y curl',
      ],
      /name versions that the mirror no longer has/,
    ],
    [
      'certificates',
      [prints('"curl: (60) SSL certificate problem: unable to get local issuer certificate"', 60)],
      /^the image has no certificates of authorities/,
    ],
  ])('%s', async (_cause, lines, hint) => {
    expect(await hintOf(...lines)).toMatch(hint)
  })

  test('an image without a shell', async () => {
    workspace.write({ 'context/Dockerfile': 'FROM scratch\nCOPY --chmod=755 plain.sh /bin/tool\nRUN tool\n' })
    await expect(workspace.build()).rejects.toMatchObject({
      hint: expect.stringMatching(/^the image has no shell; its PATH has tool: run/),
    })
  })

  test('nothing is made up: a step that says nothing known, or whose files may have come from itself', async () => {
    expect(await hintOf('RUN echo "error: it is bad"; exit 3')).toBeUndefined()
    expect(await hintOf('RUN --mount=target=/src /src/none.sh')).not.toMatch(/was not in the image/)
    expect(await hintOf(prints('"E: no such thing: curl: (7) Failed to connect"', 7))).toBeUndefined()
  })
})

describe('causes that cannot be had in a test', () => {
  const clue = (given: Partial<Clue>): Clue =>
    ({
      op: {
        argv: ['/bin/sh', '-c', 'x'],
        mounts: [],
        scripts: [],
        network: 'default',
        user: '',
        platform: { os: 'linux', architecture: 'amd64' },
      },
      cwd: '',
      env: new Map([['PATH', '/bin']]),
      user: root,
      exitCode: 1,
      output: '',
      files: treeOfEntries([]),
      killedForMemory: 0,
      ...given,
    }) as unknown as Clue

  test.each<[keyof typeof causes, Partial<Clue>, RegExp]>([
    [
      'out-of-memory',
      { exitCode: 137, killedForMemory: 2 },
      /the kernel killed 2 processes because memory was used up/,
    ],
    [
      'bash-words',
      { exitCode: 2, output: '/bin/sh: 1: set: Illegal option -o pipefail\n' },
      /does not know pipefail as bash has it/,
    ],
    ['bash-words', { exitCode: 127, output: '/bin/sh: 1: source: not found\n' }, /does not know source/],
    ['carriage-return', { exitCode: 127, output: "run.sh: line 2: $'\\r': command not found\n" }, /CR LF/],
    [
      'apk-lists',
      { output: '  nano (no such package):\n    required by: world[nano]\n' },
      /apk add --no-cache fetches them/,
    ],
    [
      'manager-wants-root',
      {
        user: { uid: 7, gid: 7 },
        output: 'E: Could not open lock file /var/lib/dpkg/lock-frontend - open (13: Permission denied)\n',
      },
      /runs as user 7, and packages are installed by root/,
    ],
    [
      'go-files',
      { output: "go: go.mod file not found in current directory or any parent directory; see 'go help modules'\n" },
      /go.mod was not in the image/,
    ],
    [
      'yarn-lock',
      { output: 'ERR_PNPM_NO_LOCKFILE  Cannot install with "frozen-lockfile" because pnpm-lock.yaml is absent\n' },
      /COPY package.json pnpm-lock.yaml/,
    ],
    ['pip-files', { output: 'error: externally-managed-environment\n' }, /python3 -m venv/],
    [
      'no-network',
      { output: 'curl: (6) Could not resolve host: example.invalid\n' },
      /tsbuild doctor says what network/,
    ],
  ])('%s', async (name, given, said) => {
    expect(await causes[name]?.(clue(given))).toMatch(said)
  })

  test('a kill that the kernel did not do for memory is not said to be one', async () => {
    expect(await causes['out-of-memory']?.(clue({ exitCode: 137 }))).toBeUndefined()
    expect(await causes['out-of-memory']?.(clue({ exitCode: 1, killedForMemory: 3 }))).toBeUndefined()
  })
})
