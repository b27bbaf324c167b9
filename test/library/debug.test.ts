import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  type BuildEvent,
  type BuildOptions,
  type CommandIo,
  checkStore,
  commit,
  diskUsage,
  listContainers,
  listStep,
  openBuilds,
  openImages,
  prune,
  readStep,
  removeContainer,
  runImage,
  shell,
  stepDiff,
  type TsbuildError,
} from '../../src/index.ts'
import { keepRun, readKept } from '../../src/kept/index.ts'
import { formatKept, type KeptRun } from '../../src/kept/kept-run.ts'
import { openSession } from '../../src/library/session.ts'
import { busyboxBase, hasBusyboxBase, noBusyboxBase } from '../support/busybox-base.ts'
import { hasProgram } from '../support/programs.ts'
import { openWorkspace, type Workspace } from '../support/workspace.ts'

const canRun = process.getuid?.() === 0 && hasBusyboxBase
const status = 'grep -E "^(Cap|Seccomp|NoNewPrivs)" /proc/self/status'

/** The step that fails is the fourth of five. */
const dockerfile = `FROM base
ENV WHO=me
COPY --chown=33 file /src/file
WORKDIR /src
USER www-data
RUN --mount=type=bind,target=/context --mount=type=cache,id=debug,target=/cache,uid=33 \\
  --mount=type=secret,id=token,target=/token,uid=33 \\
  mkdir /tmp/reports; echo bad > /tmp/reports/r.txt; ${status} > /tmp/status; rm file; echo kept > /cache/c; exit 3
RUN true
`

let work: Workspace
beforeAll(async () => {
  work = await openWorkspace()
  if (!canRun) return
  await work.import(busyboxBase(), 'base')
  work.write({ 'context/Dockerfile': dockerfile, 'context/file': 'text\n', token: 'a-secret-value-of-mine\n' })
})
afterAll(() => work[Symbol.asyncDispose]())

const secrets = { token: { file: 'token' } } as const

async function failing(options: Partial<BuildOptions> = {}) {
  const events: BuildEvent[] = []
  const onEvent = (event: BuildEvent) => void events.push(event)
  const error = await work.build({ secrets, onEvent, ...options }).then(
    () => undefined,
    (error: TsbuildError) => error,
  )
  const notices = events.flatMap((event) => (event.type === 'notice' ? [event.message] : []))
  const serious = events.flatMap((event) => (event.type === 'notice' && event.serious ? [event.message] : []))
  return { error, notices, serious }
}

/** Runs a command without a terminal. */
async function said(run: (io: CommandIo) => Promise<{ readonly exitCode: number }>, input?: string) {
  let text = ''
  const output = (_: string, bytes: Uint8Array) => {
    text += Buffer.from(bytes).toString()
  }
  const bytes = async function* () {
    yield Buffer.from(input ?? '')
  }
  const { exitCode } = await run({ output, ...(input !== undefined && { input: bytes() }) })
  return { exitCode, text }
}

function inStep(command: string, step?: string, options: Partial<BuildOptions> = {}) {
  const given = { ...(step !== undefined && { step }), secrets: options.secrets ?? {} }
  return said((io) => shell({ ...given, command: ['sh', '-c', command], io }, work.environment))
}

async function contentOf(at: string, step?: string): Promise<string> {
  const parts: Uint8Array[] = []
  const write = (bytes: Uint8Array) => void parts.push(bytes)
  await readStep({ path: at, write, ...(step !== undefined && { step }) }, work.environment)
  return Buffer.concat(parts).toString()
}

function namesKept(): readonly string[] {
  const names = readdirSync(path.join(work.environment.root, 'kept'))
  return names.filter((name) => /^[0-9a-f]{12}$/.test(name))
}

const title = canRun ? '' : ` (needs root and ${noBusyboxBase})`

describe.skipIf(!canRun)(`a RUN that failed${title}`, () => {
  beforeAll(async () => {
    rmSync(path.join(work.environment.root, 'kept'), { recursive: true, force: true })
    const { error } = await failing()
    expect(error).toMatchObject({ code: 'TSB_STEP_FAILED' })
    expect(error?.hint).toContain('tsbuild shell')
  })

  test('its files are listed, read and compared as they were', async () => {
    const { found, failed } = await listStep({ path: '/tmp/reports' }, work.environment)
    expect(failed).toBe(true)
    expect(found).toMatchObject([{ path: '/tmp/reports/r.txt', kind: 'file', size: 4, uid: 33 }])
    expect(await contentOf('/tmp/reports/r.txt')).toBe('bad\n')
    const { found: changes } = await stepDiff({}, work.environment)
    expect(changes.map(({ path, change }) => `${change} ${path}`)).toEqual([
      'removed /src/file',
      'added /tmp/reports',
      'added /tmp/reports/r.txt',
      'added /tmp/status',
    ])
    await expect(contentOf('/tmp/nope')).rejects.toMatchObject({ code: 'TSB_STEP_PATH' })
  })

  test('a command in it has its files, variables, user, directory, mounts and rights, and no more', async () => {
    const facts = `cat /tmp/reports/r.txt; echo $WHO; id -u; pwd; cat /context/file /cache/c; ls /token`
    const { text, exitCode } = await inStep(facts)
    expect(text).toBe('bad\nme\n33\n/src\ntext\nkept\nls: /token: No such file or directory\n')
    expect(exitCode).toBe(1)
    expect((await inStep(`${status} | diff - /tmp/status`)).text).toBe('')
  })

  test('what a command changes is gone afterwards, and its exit status comes back', async () => {
    expect(await inStep('echo more > /tmp/reports/r.txt; exit 7')).toEqual({ exitCode: 7, text: '' })
    expect(await contentOf('/tmp/reports/r.txt')).toBe('bad\n')
    const piped = await said((io) => shell({ io }, work.environment), 'echo from a script; exit 5\n')
    expect(piped).toEqual({ exitCode: 5, text: 'from a script\n' })
  })

  test('a secret is not kept, is there when it is given again, and not shown', async () => {
    expect((await inStep('cat /token | wc -c; cat /token', undefined, { secrets })).text).toBe('23\n***\n')
    for (const id of namesKept()) {
      const record = readFileSync(path.join(work.environment.root, 'kept', id, 'run.json'), 'utf8')
      expect(record).not.toContain('a-secret-value')
    }
    work.write({
      'leak/Dockerfile': 'FROM base\nRUN --mount=type=secret,id=token cp /run/secrets/token /stolen; false\n',
    })
    const before = namesKept()
    const { error, notices } = await failing({ context: 'leak' })
    expect(notices.join()).toMatch(/not kept: .*the value of the secret token/)
    expect(error?.hint ?? '').not.toContain('tsbuild shell')
    expect(namesKept()).toEqual(before)
  })

  test('it is no hit, and the build of it can be gone on with in a shell, with files taken out', async () => {
    const entered: string[] = []
    const { error, serious } = await failing({
      errorOutputs: [
        { type: 'local', dest: 'out', from: '/tmp/reports' },
        { type: 'tar', dest: 'out.tar', from: '/nothing' },
      ],
      async onFailedStep({ code, label, enter }) {
        const { text, exitCode } = await said((io) => enter(io, ['sh', '-c', 'cat /tmp/reports/r.txt; exit 9']))
        entered.push(code, label.slice(0, 11), text, `${exitCode}`)
      },
    })
    expect(entered).toEqual(['TSB_STEP_FAILED', '[4/5] RUN -', 'bad\n', '9'])
    expect(error).toMatchObject({ code: 'TSB_STEP_FAILED' })
    expect(readFileSync(path.join(work.directory, 'out/r.txt'), 'utf8')).toBe('bad\n')
    expect(serious).toContain('warning: the failed step has no /nothing (--on-error-output)')
  })

  test('a terminal for it is a real one: with a size, Ctrl-C and an exit status', async () => {
    let shown = ''
    const listeners = { input: (_: Uint8Array) => {}, resize: () => {} }
    let size = { columns: 91, rows: 31 }
    const until = async (text: string) => {
      while (!shown.includes(text)) await new Promise((resolve) => setTimeout(resolve, 20))
      shown = ''
    }
    const terminal = {
      size: () => size,
      show(bytes: Uint8Array) {
        shown += Buffer.from(bytes).toString()
      },
      onInput(told: (bytes: Uint8Array) => void) {
        listeners.input = told
        return () => {}
      },
      onResize(told: () => void) {
        listeners.resize = told
        return () => {}
      },
    }
    const type = (text: string) => listeners.input(Buffer.from(text))
    const ended = shell({ io: { terminal, output: () => {} } }, work.environment)
    await until('$ ')
    type('stty size; echo en"d"\n')
    await until('31 91')
    size = { columns: 60, rows: 20 }
    listeners.resize()
    type('until stty size | grep 20; do :; done; trap "echo caugh""t" INT; sleep 1000\n')
    await until('20 60')
    const again = setInterval(() => type('\x03'), 200)
    await until('caught')
    clearInterval(again)
    type('exit 6\n')
    expect(await ended).toMatchObject({ exitCode: 6 })
  })

  test('without overlayfs it is kept too', async () => {
    await failing({ snapshotter: 'copy' })
    expect(await contentOf('/tmp/reports/r.txt')).toBe('bad\n')
    expect((await inStep('ls /src; cat /context/file')).text).toBe('text\n')
  })

  test('a secret that stands in the Dockerfile is neither shown nor kept', async () => {
    const told = 'RUN : a-secret-value-of-mine'
    work.write({ 'told/Dockerfile': `FROM base\n${told}\n${told}; exit 3\n` })
    const shown: string[] = []
    const onFailedStep: BuildOptions['onFailedStep'] = async ({ label, message }) => void shown.push(label, message)
    await failing({ context: 'told', onFailedStep })
    const onEvent = (event: BuildEvent) => void (event.type === 'notice' && shown.push(event.message))
    shown.push((await stepDiff({ onEvent }, work.environment)).label)
    await stepDiff({ step: 'nosuch' }, work.environment).catch((error: TsbuildError) => shown.push(error.hint ?? ''))
    expect(shown).toHaveLength(5)
    for (const text of shown) expect(text).toContain(': ***')
    const { root } = work.environment
    const written = ['kept', 'builds'].flatMap((folder) =>
      readdirSync(path.join(root, folder), { recursive: true, encoding: 'utf8' }).map((name) =>
        path.join(folder, name),
      ),
    )
    const records = written.filter((name) => /\/(?:run|steps|record)\.json$/.test(name))
    expect(records.filter((name) => name.endsWith('steps.json'))).not.toEqual([])
    for (const file of records) expect(readFileSync(path.join(root, file), 'utf8')).not.toContain('a-secret-value')
  })

  test('whatever it leaves, the build ends with its error', async () => {
    work.write({ 'loop/Dockerfile': 'FROM base\nRUN ln -s b /a; ln -s a /b; exit 3\n' })
    const { error, notices } = await failing({
      context: 'loop',
      errorOutputs: [{ type: 'local', dest: 'loop-out', from: '/a' }],
    })
    expect(error).toMatchObject({ code: 'TSB_STEP_FAILED' })
    expect(notices.join()).toContain('warning: /a of the failed step: ')
  })

  test('it is kept when no other try follows, and stays while somebody looks', async () => {
    work.write({ 'missing/Dockerfile': 'FROM base\nRUN ["nosuch"]\n' })
    const entered: string[] = []
    const later = { ...work.environment, now: () => Date.now() + 61 * 60_000 }
    const { error } = await failing({
      context: 'missing',
      retries: 1,
      async onFailedStep({ enter }) {
        await listStep({ path: '/' }, later)
        entered.push((await said((io) => enter(io, ['echo', 'still']))).text)
      },
    })
    expect(error).toMatchObject({
      code: 'TSB_COMMAND_NOT_FOUND',
      hint: expect.stringMatching(/[^;?]; tsbuild shell|\? tsbuild shell/),
    })
    expect(entered).toEqual(['still\n'])
  })

  test('each folder has its own; others are reached by ids, and from a folder without builds', async () => {
    work.write({
      'one/Dockerfile': 'FROM base\nRUN echo > /tmp/one; exit 3\n',
      'two/Dockerfile': 'FROM base\nRUN echo > /tmp/done\nRUN echo > /tmp/two; exit 3\n',
      'three/f': '',
    })
    const { build } = await import('../../src/index.ts')
    const at = (folder: string) => ({ ...work.environment, cwd: path.join(work.directory, folder) })
    for (const folder of ['one', 'two']) await build({ context: '.' }, at(folder)).catch(() => {})
    const told: string[] = []
    const onEvent = (event: BuildEvent) => void (event.type === 'notice' && told.push(event.message))
    const names = async (folder: string, step?: string) => {
      const options = { path: '/tmp', onEvent, ...(step !== undefined && { step }) }
      return (await listStep(options, at(folder))).found.map((entry) => entry.path)
    }
    expect(await names('one')).toEqual(['/tmp/one'])
    expect(await names('two')).toEqual(['/tmp/done', '/tmp/two'])
    expect(await names('two', '2/3')).toEqual(['/tmp/done'])
    expect(told).toEqual([
      expect.stringMatching(/^build \d+: \[2\/2\] RUN .*\(failed\)$/),
      expect.stringMatching(/^build \d+: \[3\/3\] RUN .*\(failed\)$/),
      expect.stringMatching(/^build \d+: \[2\/3\] RUN /),
    ])
    await expect(names('one', '2/3')).rejects.toMatchObject({ code: 'TSB_STEP_NOT_FOUND' })
    expect(await names('three')).toEqual(['/tmp/done', '/tmp/two'])
    expect(told.at(-1)).toContain(`of ${at('two').cwd}: `)
    const failed = readdirSync(path.join(work.environment.root, 'kept')).map((id) => ({
      id,
      text: readFileSync(path.join(work.environment.root, 'kept', id, 'run.json'), 'utf8'),
    }))
    const { id } = failed.find(({ text }) => text.includes('/tmp/two')) ?? {}
    expect(await names('one', id)).toEqual(['/tmp/done', '/tmp/two'])
  })

  test('the store stays whole; what is old goes with the next build, and all of it with prune', async () => {
    expect(namesKept()).not.toEqual([])
    expect(await checkStore({}, work.environment)).toMatchObject({ findings: [], whole: true })
    work.write({ 'fine/Dockerfile': 'FROM base\nCOPY Dockerfile /\n' })
    const later = { ...work.environment, now: () => Date.now() + 61 * 60_000 }
    const { build } = await import('../../src/index.ts')
    await build({ context: 'fine' }, later)
    expect(namesKept()).toEqual([])
    await failing()
    expect(namesKept()).toHaveLength(1)
    writeFileSync(path.join(work.environment.root, 'kept', namesKept()[0] ?? '', 'run.json'), 'damaged')
    expect((await checkStore({}, work.environment)).findings).toMatchObject([{ kind: 'kept-damaged' }])
    await prune({}, work.environment)
    expect(namesKept()).toEqual([])
    await expect(listStep({ path: '/' }, work.environment)).rejects.toMatchObject({ code: 'TSB_STEP_NOT_FOUND' })
  })
})

describe.skipIf(!canRun)(`a step of the last build${title}`, () => {
  test('of each folder is found after another was built, and a build that failed nowhere says how to look into one', async () => {
    await using own = await openWorkspace()
    await own.import(busyboxBase(), 'base')
    own.write({ 'a/Dockerfile': 'FROM base\nRUN echo > /tmp/a\n', 'b/Dockerfile': 'FROM base\nCOPY Dockerfile /tmp\n' })
    const { build } = await import('../../src/index.ts')
    const at = (folder: string) => ({ ...own.environment, cwd: path.join(own.directory, folder) })
    for (const folder of ['a', 'b']) await build({ context: '.' }, at(folder))
    const names = async (folder: string, step?: string) =>
      (await listStep({ path: '/tmp', ...(step !== undefined && { step }) }, at(folder))).found.map((each) => each.path)
    expect([await names('a', '2/2'), await names('b', '2/2')]).toEqual([['/tmp/a'], ['/tmp/Dockerfile']])
    const none = await names('a').then(String, (error: TsbuildError) => `${error.code} ${error.message}; ${error.hint}`)
    expect(none).toMatch(
      /^TSB_STEP_NOT_FOUND the last build of \S+a, build 1, failed nowhere; .*tsbuild shell 2\/2 opens/,
    )
    await expect(names('a', '1')).rejects.toThrow('#1 is [internal]')
    own.write({ 'a/Bad': 'FROM base\nRUN echo > /tmp/bad; exit 3\n' })
    await build({ context: '.', file: 'Bad' }, at('a')).catch(() => {})
    await build({ context: '.' }, at('a'))
    expect([await names('a'), await names('a', '2/2'), await names('a', 'exit 3')]).toEqual([
      ['/tmp/bad'],
      ['/tmp/a'],
      ['/tmp/bad'],
    ])
    const inode = (number: number) => statSync(path.join(own.environment.root, `builds/${number}/steps.json`)).ino
    expect([inode(4) === inode(1), inode(2) === inode(1)]).toEqual([true, false])
    await prune({}, own.environment)
    await expect(names('a', '2/2')).rejects.toMatchObject({ code: 'TSB_KEPT_GONE' })
    await build({ context: '.' }, at('b'))
    await openBuilds(own.environment).remove(['1', '3', '4'])
    await expect(names('a', '2/2')).resolves.toEqual(['/tmp/Dockerfile'])
  })

  test('is found by place, text and number, and shows the files after it', async () => {
    work.write({
      'good/Dockerfile': 'FROM base\nENV A=1\nRUN echo 1 > /one\nUSER 33\nRUN echo 2 > /tmp/two\nCOPY f /f\n',
    })
    work.write({ 'good/f': 'f\n' })
    await work.build({ context: 'good' })
    const names = async (step: string) => (await listStep({ path: '/tmp', step }, work.environment)).found.length
    expect([await names('2/4'), await names('echo 2'), await names('4/4')]).toEqual([0, 1, 1])
    expect(await inStep('echo $A; id -u; ls /f', '4/4')).toMatchObject({ text: '1\n33\n/f\n' })
    const { found } = await stepDiff({ step: 'RUN echo 1' }, work.environment)
    expect(found).toMatchObject([{ path: '/one', change: 'added' }])
    await expect(names('RUN')).rejects.toMatchObject({ code: 'TSB_STEP_AMBIGUOUS' })
    await expect(names('9/9')).rejects.toMatchObject({ code: 'TSB_STEP_NOT_FOUND' })
  })
})

describe.skipIf(!canRun)(`runImage and commit${title}`, () => {
  test('of an image that is neither here nor in its registry says both', async () => {
    const image = '127.0.0.1:1/nosuch'
    const ran = said((io) => runImage({ image, io }, work.environment))
    await expect(ran).rejects.toMatchObject({
      message: expect.stringMatching(`^no image ${image} in the store, and cannot reach `),
      hint: expect.stringContaining('tsbuild images lists'),
    })
  })

  test('a command keeps its status when what it changed cannot be kept', async () => {
    const kept = path.join(work.environment.root, 'kept')
    rmSync(kept, { recursive: true, force: true })
    writeFileSync(kept, '')
    const notices: string[] = []
    const onEvent = (event: BuildEvent) => void (event.type === 'notice' && notices.push(event.message))
    const options = { image: 'base', command: ['sh', '-c', 'exit 4'], onEvent }
    const { exitCode } = await said((io) => runImage({ ...options, io }, work.environment))
    rmSync(kept)
    expect(exitCode).toBe(4)
    expect(notices.join()).toContain('is not kept: ')
  })

  test('says which container goes for it, where there are too many', async () => {
    await using session = await openSession(work.environment, {})
    const run = { label: 'run base', op: { kind: 'run', argv: [] }, inputs: {} } as unknown as KeptRun['run']
    const kept = path.join(work.environment.root, 'kept')
    rmSync(kept, { recursive: true, force: true })
    for (let at = 0; at < 32; at++) {
      const what = { kind: 'container', name: `old${at}`, created: Date.now() - 1000 + at, run, how: {} } as const
      const held = await keepRun(what, async () => ({ kind: 'upper' }), session.store, session.cache)
      held.release()
    }
    const notices: string[] = []
    const onEvent = (event: BuildEvent) => void (event.type === 'notice' && notices.push(event.message))
    await said((io) => runImage({ image: 'base', command: ['true'], onEvent, io }, work.environment))
    rmSync(kept, { recursive: true, force: true })
    expect(notices).toEqual(['container old0 is not kept any more: the newest 32 are, 4 GiB at most'])
  })

  const forms = ['runc', 'crun', 'native', 'chroot'] as const
  test.each(forms.filter((form) => form === 'native' || form === 'chroot' || hasProgram(form)))(
    'a terminal by %s is a real one: with a size, a command that has it, and its exit status',
    async (runtime) => {
      let shown = ''
      const terminal = {
        size: () => ({ columns: 91, rows: 31 }),
        show(bytes: Uint8Array) {
          shown += Buffer.from(bytes).toString()
        },
        onInput: () => () => {},
        onResize: () => () => {},
      }
      const command = ['sh', '-c', 'test -t 0 && stty size < /dev/tty; exit 3']
      const options = { image: 'base', command, runtime, remove: true, io: { terminal, output: () => {} } }
      const { exitCode } = await runImage(options, work.environment)
      expect({ exitCode, shown }).toEqual({ exitCode: 3, shown: '31 91\r\n' })
    },
  )

  test('a command runs as the image says, with what is lent to it, and becomes an image of one layer more', async () => {
    work.write({ 'lent/a': 'lent\n' })
    let container = ''
    const command = ['sh', '-c', 'cat /lent/a; touch /lent/b; echo $X > made; rm /etc/group; pwd; exit 4']
    const { text } = await said(async (io) => {
      const options = {
        image: 'base',
        command,
        env: { X: '1' },
        workdir: '/new',
        name: 'box',
        network: 'none',
      } as const
      const mounts = [{ source: 'lent', target: '/lent', readOnly: true }]
      const result = await runImage({ ...options, mounts, io }, work.environment)
      expect(result.exitCode).toBe(4)
      container = result.container ?? ''
      return result
    })
    expect(text).toBe('lent\ntouch: /lent/b: Read-only file system\n/new\n')
    await expect(said((io) => runImage({ image: 'base', name: 'box', io }, work.environment))).rejects.toMatchObject({
      code: 'TSB_RUN_NAME',
    })
    const changes = ['CMD ["cat", "/new/made"]', 'LABEL l=1']
    await commit({ container: 'box', names: ['made'], message: 'by hand', author: 'me', changes }, work.environment)
    const images = await openImages(work.environment)
    const { config } = await images.inspect('made').finally(images.close)
    expect(config.config).toMatchObject({ Cmd: ['cat', '/new/made'], Labels: { l: '1' }, WorkingDir: '/new' })
    expect(config.history?.at(-1)).toMatchObject({ comment: 'by hand', author: 'me' })
    expect(config.rootfs.diff_ids).toHaveLength(2)
    const made = await said((io) => runImage({ image: 'made', remove: true, io }, work.environment))
    expect(made).toEqual({ exitCode: 0, text: '1\n' })
    const gone = await said((io) =>
      runImage({ image: 'made', command: ['ls', '/lent', '/etc/group'], remove: true, io }, work.environment),
    )
    expect(gone.text).toContain('/etc/group: No such file')
    expect(namesKept()).toContain(container)
    const about = { id: container, name: 'box', image: 'base', command, exitCode: 4 }
    expect(await listContainers(work.environment)).toMatchObject([about])
    const { entries } = await diskUsage({}, work.environment)
    expect(entries.map(({ description }) => description)).toContainEqual(
      expect.stringMatching(/^container box: sh -c /),
    )
    await expect(commit({ container, changes: ['RUN true'] }, work.environment)).rejects.toMatchObject({
      code: 'TSB_COMMIT_CHANGE',
    })
    expect(await removeContainer('box', work.environment)).toMatchObject(about)
    expect(await listContainers(work.environment)).toEqual([])
    expect(namesKept()).not.toContain(container)
    await expect(removeContainer('box', work.environment)).rejects.toMatchObject({ code: 'TSB_CONTAINER_NOT_FOUND' })
    await expect(commit({ container: 'nobox' }, work.environment)).rejects.toMatchObject({
      code: 'TSB_CONTAINER_NOT_FOUND',
    })
  })

  test('of two commands that run at once by one name one has it; where several have one, none is meant', async () => {
    const { root } = work.environment
    const notices: string[] = []
    const onEvent = (event: BuildEvent) => void (event.type === 'notice' && notices.push(event.message))
    const options = { image: 'base', command: ['sleep', '1'], name: 'twin', onEvent }
    const twins = await Promise.all([1, 2].map(() => said((io) => runImage({ ...options, io }, work.environment))))
    expect(twins).toHaveLength(2)
    const kept = await listContainers(work.environment)
    expect(kept.map(({ name }) => name).sort()).toEqual(['twin', undefined])
    const { id = '' } = kept.find(({ name }) => name === undefined) ?? {}
    expect(notices.join()).toContain(`a container twin is kept already: this one is kept as ${id}`)
    const run = readKept(root, id)
    writeFileSync(path.join(root, 'kept', id, 'run.json'), formatKept({ ...(run as KeptRun), name: 'twin' }))
    await expect(removeContainer('twin', work.environment)).rejects.toMatchObject({
      code: 'TSB_CONTAINER_AMBIGUOUS',
      hint: expect.stringContaining(id),
    })
    for (const each of kept) await removeContainer(each.id, work.environment)
  })
})
