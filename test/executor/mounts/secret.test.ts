import { createHash } from 'node:crypto'
import { readFileSync, rmSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { getuid } from 'node:process'
import { beforeAll, describe, expect, it } from 'vitest'
import type { BuildEvent, BuildOptions } from '../../../src/index.ts'
import { busyboxBase, hasBusyboxBase, noBusyboxBase } from '../../support/busybox-base.ts'
import { openWorkspace, type Workspace } from '../../support/workspace.ts'

const isRoot = getuid?.() === 0
const reason = hasBusyboxBase ? (isRoot ? 'on busybox' : 'needs root') : noBusyboxBase

describe.skipIf(!hasBusyboxBase || !isRoot)(`RUN --mount=type=secret (${reason})`, () => {
  let workspace: Workspace
  const secrets: NonNullable<BuildOptions['secrets']> = { token: { file: 'token' }, other: { env: 'PATH' } }
  beforeAll(async () => {
    workspace = await openWorkspace()
    await workspace.import(busyboxBase(), 'base')
    workspace.write({ token: 'CANARY-4711' })
    return () => workspace[Symbol.asyncDispose]()
  })

  /** Builds one RUN that leaves its findings in /tmp/found; gives the text of that. */
  async function run(line: string, options: Partial<BuildOptions> = {}, before = ''): Promise<string> {
    const dest = join(workspace.directory, 'out')
    rmSync(dest, { recursive: true, force: true })
    const text = `FROM base\n${before}\nRUN ${line} >/tmp/found\nFROM scratch\nCOPY --from=0 /tmp/found /\n`
    workspace.write({ 'context/Dockerfile': text })
    await workspace.build({ outputs: [{ type: 'local', dest }], secrets, allowSecretInLayer: true, ...options })
    return readFileSync(join(dest, 'found'), 'utf8').trim()
  }
  const described = 'stat -c "%n %a %u %g"'

  it('is a file in /run/secrets, mode 0400, of root', async () => {
    expect(await run(`--mount=type=secret,id=token ${described} /run/secrets/*`)).toBe('/run/secrets/token 400 0 0')
  })

  it('target, mode, uid and gid are those that it says', async () => {
    const line = `--mount=type=secret,id=token,target=t,mode=0440,uid=33,gid=100 ${described} /w/t`
    expect(await run(line, {}, 'WORKDIR /w')).toBe('/w/t 440 33 100')
  })

  it('without an id, the name of the target or the source is the id', async () => {
    const line =
      '--mount=type=secret,target=/a/token --mount=type=secret,source=other md5sum /a/token /run/secrets/other'
    expect((await run(line)).split('\n')).toHaveLength(2)
  })

  it('env= gives a variable and no file, with a target both', async () => {
    const found = '(echo "$T"; cat /run/secrets/* /t 2>/dev/null || true)'
    expect(await run(`--mount=type=secret,id=token,env=T ${found}`)).toBe('CANARY-4711')
    expect(await run(`--mount=type=secret,id=token,env=T,target=/t ${found}`)).toBe('CANARY-4711\nCANARY-4711')
  })

  it('G07 env= of a name that no shell exports is set unseen, or an error that says so', async () => {
    const line = '--mount=type=secret,id=token,env=a.b tr "\\0" "\\n" </proc/$$/environ | grep a.b'
    expect(await run(line)).toBe('a.b=CANARY-4711')
    for (const runtime of ['native', 'chroot'] as const) {
      await expect(run(line, { runtime, noCache: true })).rejects.toMatchObject({ code: 'TSB_SECRET_VARIABLE' })
    }
  })

  it('a step shows a variable that a secret brings as stars', async () => {
    workspace.write({
      'context/Dockerfile': 'FROM base\nENV T=public\nRUN --mount=type=secret,id=token,env=T echo $T\n',
    })
    const { ran } = await workspace.build({ secrets })
    expect(ran).toEqual(['[2/2] RUN --mount=type=secret,id=token,env=T echo ****'])
  })

  it('one that nobody gave is absent, unless it is required', async () => {
    const found = '(ls /run 2>/dev/null || echo absent)'
    expect(await run(`--mount=type=secret,id=none ${found}`)).toBe('absent')
    expect(await run(`--mount=type=secret,id=none,env=T (env | grep -c ^T= || true)`)).toBe('0')
    await expect(run(`--mount=type=secret,id=none,required ${found}`)).rejects.toMatchObject({
      code: 'TSB_SECRET_MISSING',
      hint: expect.stringContaining('--secret id=none'),
    })
  })

  it('a step that fails without one that nobody gave says so', async () => {
    await expect(run('--mount=type=secret,id=none cat /run/secrets/none')).rejects.toMatchObject({
      code: 'TSB_STEP_FAILED',
      hint: expect.stringContaining('without the secret none: --secret id=none,src=FILE'),
    })
    await expect(run('--mount=type=secret,id=token false')).rejects.toMatchObject({
      hint: expect.not.stringContaining('secret'),
    })
  })

  it('cannot be written to', async () => {
    const line = '--mount=type=secret,id=token,mode=0666 (echo x >/run/secrets/token) 2>/dev/null || echo refused'
    expect(await run(line)).toBe('refused')
  })

  it('a variable that is not set is an empty file, even a required one', async () => {
    const line = '--mount=type=secret,id=unset,required wc -c </run/secrets/unset'
    expect(await run(line, { secrets: { unset: { env: 'NOT_SET' } } })).toBe('0')
  })

  it('G05: its value is stars in the output of the step that has it, also in base64 and in an error', async () => {
    const line =
      'RUN --mount=type=secret,id=token,env=T echo "a $T"; base64 /run/secrets/token; printf CANA; sleep 0.1; echo RY-4711'
    workspace.write({ 'context/Dockerfile': `FROM base\n${line}; cat /run/secrets/token >&2; exit 3\n` })
    const heard: BuildEvent[] = []
    const onEvent = (event: BuildEvent) => void heard.push(event)
    await expect(workspace.build({ secrets, onEvent })).rejects.toMatchObject({ code: 'TSB_STEP_FAILED' })
    const text = heard.flatMap((event) => (event.type === 'step:log' ? [Buffer.from(event.bytes).toString()] : []))
    expect(text.join('')).toContain('a ***')
    expect(text.join('')).not.toMatch(/CANARY|4711|Q0FOQVJZ/)
  })

  it('G10: its value does not count in the key', async () => {
    workspace.write({ 'context/Dockerfile': 'FROM base\nRUN --mount=type=secret,id=token wc -c /run/secrets/token\n' })
    await workspace.build({ secrets })
    const again = await workspace.build({ secrets: { token: { env: 'PATH' } } })
    expect(again.ran).toEqual([])
  })

  it('D28, F12, G01: neither it nor its digest nor its place is in layer, history, config, key or cache', async () => {
    const line =
      'RUN --mount=type=secret,id=token,target=/deep/er/file --mount=type=secret,id=token,env=T wc -c /deep/er/file'
    await using fresh = await openWorkspace()
    await fresh.import(busyboxBase(), 'base')
    fresh.write({ token: 'CANARY-4711', 'context/Dockerfile': `FROM base\n${line}\n` })
    const dest = join(fresh.directory, 'image')
    await fresh.build({ secrets, outputs: [{ type: 'oci', dest, tar: false }] })
    const value = 'CANARY-4711'
    const digest = createHash('sha256').update(value).digest('hex')
    for (const folder of [dest, fresh.environment.root]) {
      for (const file of await readdir(folder, { recursive: true, withFileTypes: true })) {
        if (!file.isFile()) continue
        const bytes = await readFile(join(file.parentPath, file.name))
        const found = [value, digest, 'deep/er/file\0'].filter((text) => bytes.includes(text))
        expect([file.name, found]).toEqual([file.name, []])
      }
    }
  })
})
