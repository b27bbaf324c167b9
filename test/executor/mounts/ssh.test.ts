import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { getuid } from 'node:process'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { BuildOptions } from '../../../src/index.ts'
import { type Place, tsbuild } from '../../support/command-line.ts'
import { findOrdinaryUser } from '../../support/ordinary-user.ts'
import { hasProgram, runProgram } from '../../support/programs.ts'
import { makeKey, startAgent } from '../../support/ssh-agent.ts'
import { hasSshBase, noSshBase, sshBase } from '../../support/ssh-base.ts'
import { openWorkspace, type Workspace } from '../../support/workspace.ts'

const isRoot = getuid?.() === 0
const able = hasSshBase && isRoot
const reason = isRoot ? (hasSshBase ? 'on busybox with ssh-add' : noSshBase) : 'needs root'

const keys = mkdtempSync(join(tmpdir(), 'tsbuild-keys-'))
afterAll(() => rmSync(keys, { recursive: true, force: true }))
const key = able ? makeKey(keys, 'key', '-t', 'ed25519') : ''
const lent: BuildOptions['ssh'] = [{ id: 'default', paths: [key] }]
const blob = () => readFileSync(`${key}.pub`, 'utf8').split(' ')[1] ?? ''

describe.skipIf(!able)(`RUN --mount=type=ssh (${reason})`, () => {
  let workspace: Workspace
  beforeAll(async () => {
    workspace = await openWorkspace()
    await workspace.import(sshBase(), 'base')
    return () => workspace[Symbol.asyncDispose]()
  })

  /** Builds one RUN that leaves its findings in /found; gives the text of that, or the error. */
  async function run(line: string, options: Partial<BuildOptions> = {}, before = ''): Promise<string> {
    const dest = join(workspace.directory, 'out')
    rmSync(dest, { recursive: true, force: true })
    const text = `FROM base\n${before}\nRUN ${line}\nFROM scratch\nCOPY --from=0 /tmp/found /\n`
    workspace.write({ 'context/Dockerfile': text })
    await workspace.build({ outputs: [{ type: 'local', dest }], ...options })
    return readFileSync(join(dest, 'found'), 'utf8').trim()
  }

  const ways = [
    { runtime: 'native', snapshotter: 'overlay' },
    { runtime: 'native', snapshotter: 'copy' },
    { runtime: 'chroot', snapshotter: 'copy' },
    ...(hasProgram('runc') ? [{ runtime: 'runc', snapshotter: 'overlay' } as const] : []),
  ] as const

  it.each(ways)('gives the keys of the agent to a step ($runtime, $snapshotter)', async (way) => {
    const found = await run('--mount=type=ssh ssh-add -L >/tmp/found', { ssh: lent, ...way, noCache: true })
    expect(found).toContain(blob())
  })

  it('the socket is SSH_AUTH_SOCK, at /run/buildkit/ssh_agent.0, mode 0600, and for root', async () => {
    const line = '--mount=type=ssh stat -c "%F %a %u %g $SSH_AUTH_SOCK" /run/buildkit/ssh_agent.0 >/tmp/found'
    expect(await run(line, { ssh: lent })).toBe('socket 600 0 0 /run/buildkit/ssh_agent.0')
  })

  it('target, mode, uid and gid are those that it says', async () => {
    const line =
      '--mount=type=ssh,target=agent,mode=0666,uid=33,gid=100 stat -c "%n %a %u %g" $SSH_AUTH_SOCK >/tmp/found'
    expect(await run(line, { ssh: lent }, 'WORKDIR /w')).toBe('/w/agent 666 33 100')
  })

  it('a USER who owns the socket can use it', async () => {
    const line = '--mount=type=ssh,uid=33 ssh-add -L >/tmp/found'
    expect(await run(line, { ssh: lent }, 'USER www-data')).toContain(blob())
  })

  it('several are numbered, and the first one is SSH_AUTH_SOCK', async () => {
    const line =
      '--mount=type=ssh,id=b --mount=type=ssh,id=default (cd /run/buildkit; echo $SSH_AUTH_SOCK *; SSH_AUTH_SOCK=ssh_agent.1 ssh-add -L) >/tmp/found'
    using real = startAgent()
    const found = await run(line, { ssh: [...(lent ?? []), { id: 'b', paths: [real.socket] }] })
    expect(found).toBe(`/run/buildkit/ssh_agent.0 ssh_agent.0 ssh_agent.1\nssh-ed25519 ${blob()}`)
  })

  it('an SSH_AUTH_SOCK of the stage stays', async () => {
    const line = '--mount=type=ssh echo $SSH_AUTH_SOCK >/tmp/found'
    expect(await run(line, { ssh: lent }, 'ENV SSH_AUTH_SOCK=/mine')).toBe('/mine')
  })

  it('an agent that nobody lent is absent, unless it is required', async () => {
    const line = 'ls /run 2>&1 >/tmp/found || echo absent >/tmp/found'
    expect(await run(`--mount=type=ssh ${line}`)).toBe('absent')
    await expect(run(`--mount=type=ssh,required,id=deploy ${line}`)).rejects.toMatchObject({
      code: 'TSB_SSH_MISSING',
      message: 'no SSH key "deploy" forwarded from the client',
      hint: expect.stringContaining('--ssh deploy'),
    })
  })

  it('D29: a step without the mount sees no agent, and none of the keys that were given', async () => {
    const line = 'ls -a /run /root /root/.ssh /run/buildkit >/tmp/found 2>&1; env >>/tmp/found'
    const found = await run(line, { ssh: lent })
    expect(found).not.toMatch(/agent|SSH_AUTH_SOCK|id_|key/)
  })

  it('D28, G01: neither the socket, its folder nor a key is in layer, history, config or store', async () => {
    workspace.write({ 'context/Dockerfile': 'FROM base\nRUN --mount=type=ssh,target=/deep/agent ssh-add -L\n' })
    const dest = join(workspace.directory, 'image')
    await workspace.build({ ssh: lent, outputs: [{ type: 'oci', dest, tar: false }] })
    const secret = readFileSync(key, 'utf8').split('\n')[3] ?? ''
    for (const folder of [dest, workspace.environment.root]) {
      for (const file of await readdir(folder, { recursive: true, withFileTypes: true })) {
        if (!file.isFile()) continue
        const bytes = await readFile(join(file.parentPath, file.name))
        expect([file.name, bytes.includes(secret) || bytes.includes('deep/agent\0')]).toEqual([file.name, false])
      }
    }
  })

  it('the agent does not count in the key', async () => {
    workspace.write({ 'context/Dockerfile': 'FROM base\nRUN --mount=type=ssh ssh-add -l; echo once\n' })
    await workspace.build({ ssh: lent })
    using real = startAgent()
    const again = await workspace.build({ ssh: [{ id: 'default', paths: [real.socket] }] })
    expect(again.ran).toEqual([])
  })

  it('what is wrong with --ssh is said before a step runs', async () => {
    workspace.write({ 'context/Dockerfile': 'FROM base\nRUN echo never\n' })
    await expect(workspace.build({ ssh: [{ id: 'default', paths: ['nokey'] }] })).rejects.toMatchObject({
      code: 'TSB_SSH_AGENT',
    })
  })

  const user = findOrdinaryUser(import.meta.filename)
  it.skipIf(!user)('a user who is not root lends keys too', async () => {
    if (!user) return
    await using theirs = await openWorkspace()
    cpSync(key, join(theirs.directory, 'key'))
    cpSync(sshBase(), join(theirs.directory, 'base.tar'))
    const line = 'RUN --mount=type=ssh,required ssh-add -L >/found'
    theirs.write({ Dockerfile: `FROM base\n${line}\nFROM scratch\nCOPY --from=0 /found /\n` })
    runProgram('chown', '-R', `${user.uid}:${user.gid}`, theirs.directory)
    const place: Place = { ...theirs, user }
    const changes = ['-c', 'ENV PATH=/usr/bin:/bin']
    expect(await tsbuild(place, 'import', ...changes, 'base.tar', 'base')).toMatchObject({ status: 0 })
    const built = await tsbuild(place, '-q', '--ssh', 'default=key', '-o', 'out', '.')
    expect(built).toMatchObject({ status: 0 })
    expect(readFileSync(join(theirs.directory, 'out/found'), 'utf8')).toContain(blob())
  })
})
