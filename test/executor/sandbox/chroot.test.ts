import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readlinkSync } from 'node:fs'
import { mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { geteuid } from 'node:process'
import { afterAll, describe, expect, it, onTestFinished } from 'vitest'
import type { TsbuildError } from '../../../src/errors.ts'
import { openSandbox, type SandboxMount } from '../../../src/executor/sandbox/index.ts'
import { openStore } from '../../../src/store/index.ts'
import { busyboxRoot, hasStaticBusybox } from '../../support/busybox-root.ts'
import { processesWith, until } from '../../support/processes.ts'
import { openSteps } from '../../support/steps.ts'

const home = await mkdtemp(join(tmpdir(), 'tsbuild-chroot-'))
afterAll(() => rm(home, { recursive: true, force: true }))
const marker = () => `${100_000 + Math.floor(Math.random() * 900_000)}.${Math.floor(Math.random() * 1e6)}`

describe('chroot', async () => {
  if (!hasStaticBusybox || geteuid?.() !== 0) return it.skip('needs root and a static /bin/busybox')
  const root = await busyboxRoot(join(home, 'root'))
  const rootfs = { kind: 'directory', path: root } as const
  const opened = await openSteps('chroot', root)
  if (typeof opened === 'string') return it.skip(`is not to be had here: ${opened}`)
  const { spec } = opened
  const network = 'host' as const
  const run: typeof opened.run = (argv, more, signal) => opened.run(argv, { network, ...more }, signal)
  const sh: typeof opened.sh = (line, more) => opened.sh(line, { network, ...more })

  it('says loudly that nothing is isolated', () => {
    expect(opened.notices.join()).toContain('NOT ISOLATED')
  })

  it('runs a command in the directory, with its environment, user and output', async () => {
    const user = { uid: 1000, gid: 1000, groups: [50] }
    const line = 'pwd; id -u; id -G; echo $A; echo err >&2; exit 4'
    const result = await run(['sh', '-c', line], { rootfs, cwd: '/work', user, env: ['PATH=/bin', 'A=1'] })
    expect(result).toEqual({ exitCode: 4, stdout: '/work\n1000\n1000 50\n1\n', stderr: 'err\n' })
  })

  it('puts copies where mounts would be, and takes them back', async () => {
    const [file, cache] = [join(home, 'file'), await mkdtemp(join(home, 'cache-'))]
    await writeFile(file, 'mounted')
    await writeFile(join(root, 'etc/hosts'), 'own')
    const mounts: readonly SandboxMount[] = [
      { kind: 'bind', source: file, target: '/etc/hosts', readOnly: true },
      { kind: 'bind', source: cache, target: '/work', readOnly: false },
      { kind: 'tmpfs', target: '/tmp' },
    ]
    expect(await sh('cat /etc/hosts; echo new >/work/kept; touch /tmp/gone', { rootfs, mounts })).toBe('mounted')
    expect(await readFile(join(root, 'etc/hosts'), 'utf8')).toBe('own')
    expect(await readFile(join(cache, 'kept'), 'utf8')).toBe('new\n')
    expect([await readdir(join(root, 'work')), await readdir(join(root, 'tmp'))]).toEqual([[], []])
  })

  it('takes copies back through no link that the command left', async () => {
    const outside = await mkdtemp(join(home, 'outside-'))
    await writeFile(join(outside, 'hosts'), 'CANARY')
    const mounts: readonly SandboxMount[] = [{ kind: 'tmpfs', target: '/work/deep' }]
    await sh('mkdir -p /work/deep', { rootfs })
    const line = `mv /work /work2; ln -s ${outside} /work`
    await expect(sh(line, { rootfs, mounts })).rejects.toMatchObject({ code: 'TSB_SANDBOX_TARGET' })
    expect(await readFile(join(outside, 'hosts'), 'utf8')).toBe('CANARY')
    await sh('rm /work; mv /work2 /work', { rootfs })
  })

  it('cannot show other files over each other', async () => {
    const step = await spec(['true'])
    await expect(run(['true'])).rejects.toMatchObject({ code: 'TSB_SANDBOX_MOUNT' })
    if (step.rootfs.kind !== 'overlay') return
    const lowers = [join(root, 'etc'), join(root, 'bin')]
    const mounts: readonly SandboxMount[] = [{ ...step.rootfs, lowers, subpath: '', target: '/work', readOnly: true }]
    await expect(run(['true'], { rootfs, mounts })).rejects.toMatchObject({ code: 'TSB_SANDBOX_MOUNT' })
  })

  it('shows the files of one directory, and throws away what is written there', async () => {
    const step = await spec(['true'])
    if (step.rootfs.kind !== 'overlay') throw new Error('no overlay to take the folders of')
    const lower = await mkdtemp(join(home, 'lower-'))
    await writeFile(join(lower, 'file'), 'shown')
    const mounts: readonly SandboxMount[] = [
      { ...step.rootfs, lowers: [lower], subpath: 'file', target: '/work/copy', readOnly: false },
    ]
    expect(await sh('cat /work/copy; echo gone >/work/copy', { rootfs, mounts })).toBe('shown')
    expect(await readFile(join(lower, 'file'), 'utf8')).toBe('shown')
    expect(await readdir(join(root, 'work'))).not.toContain('copy')
  })

  it('leaves the times of directories as the layers and the step have them', async () => {
    const longAgo = new Date(2001, 1, 1)
    for (const name of ['etc', 'work', '']) await utimes(join(root, name), longAgo, longAgo)
    const source = join(home, 'source')
    await writeFile(source, 'mounted')
    const mounts: readonly SandboxMount[] = [
      { kind: 'bind', source, target: '/etc/hosts', readOnly: true },
      { kind: 'tmpfs', target: '/work/deep' },
    ]
    await sh('true', { rootfs, mounts })
    const times = await Promise.all(['etc', 'work', ''].map(async (name) => (await stat(join(root, name))).mtime))
    expect(times).toEqual([longAgo, longAgo, longAgo])
  })

  it('D18: a step that is to have no network is not run', async () => {
    const step = run(['true'], { rootfs, network: 'none' })
    await expect(step).rejects.toMatchObject({ code: 'TSB_SANDBOX_NETWORK' })
  })

  it('D24: nothing that a step started outlives it', async () => {
    const number = marker()
    await sh(`setsid sleep ${number} & (setsid sleep ${number} &) ; echo started`, { rootfs })
    expect(processesWith(`sleep ${number}`)).toEqual([])
  })

  it('an aborted step is killed with all its children', async () => {
    const number = marker()
    const controller = new AbortController()
    const line = `trap "" TERM; setsid sleep ${number} & sleep ${number}`
    const running = run(['sh', '-c', line], { rootfs }, controller.signal)
    running.catch(() => undefined)
    expect(await until(() => processesWith(`sleep ${number}`).length >= 2)).toBe(true)
    controller.abort(new Error('stopped'))
    await expect(running).rejects.toThrow('stopped')
    expect(processesWith(`sleep ${number}`)).toEqual([])
  })

  it('D24: the next start ends what has its root below a folder of a dead tsbuild, and nothing else', async () => {
    const store = await mkdtemp(join(home, 'store-'))
    const left = await busyboxRoot(join(store, 'tmp/0badc0de/root'))
    const beside = spawn('sleep', [marker()], { cwd: left })
    const below = spawn('chroot', [left, '/bin/sh', '-c', 'while :; do sleep 1; done'])
    const ended = once(below, 'exit')
    onTestFinished(() => [beside, below].forEach((child) => void child.kill('SIGKILL')))
    expect(await until(() => readlinkSync(`/proc/${below.pid}/root`) === left)).toBe(true)
    await (await openStore(store, { now: () => 0 })).close()
    expect(await ended).toEqual([null, 'SIGKILL'])
    expect([beside.exitCode, beside.signalCode]).toEqual([null, null])
    expect(await readdir(join(store, 'tmp'))).toEqual([])
  })

  it('a command that is not in the image', async () => {
    await expect(run(['nosuch'], { rootfs })).rejects.toMatchObject({ code: 'TSB_COMMAND_NOT_FOUND' })
  })

  it('passes on what a step says in the words of chroot, with the status of a failed start', async () => {
    const text = 'chroot: failed to run command: No such file or directory'
    const result = await run(['sh', '-c', `echo "${text}" >&2; exit 127`], { rootfs })
    expect(result).toMatchObject({ exitCode: 127, stderr: `${text}\n` })
  })
})

describe('D27: without namespaces', () => {
  it('no step runs unless that was asked for by name', async () => {
    // `true` in place of `unshare` makes no namespaces, as in a container that may not have them.
    const tools = await mkdtemp(join(home, 'tools-'))
    await writeFile(join(tools, 'unshare'), '#!/bin/sh\necho "unshare failed: Operation not permitted" >&2\nexit 1\n', {
      mode: 0o755,
    })
    const opened = await openSteps('auto', home, tools, home)
    expect(opened).toEqual(expect.stringContaining('no step can be shut in here'))
  })

  it('a form that was named is told by itself, with the one that works and never with chroot', async () => {
    const tools = await mkdtemp(join(home, 'tools-'))
    await writeFile(join(tools, 'crun'), '#!/bin/sh\necho "hybrid mode" >&2\nexit 1\n', { mode: 0o755 })
    const opened = openSandbox('crun', {
      path: `${tools}:${process.env['PATH']}`,
      notice: () => {},
      temporary: (prefix) => mkdtemp(join(home, prefix)),
    })
    const error = await opened.then(
      () => undefined,
      (thrown: unknown) => thrown,
    )
    expect(error).toMatchObject({ code: 'TSB_SANDBOX_UNAVAILABLE' })
    const { message, hint } = error as TsbuildError
    expect(message).toMatch(/^crun cannot run steps here: .*hybrid mode/)
    expect(hint).toMatch(
      /^leave --runtime away: (runc|native) works here$|^no other form works here either \(runc: .*native: /,
    )
    expect(hint).not.toContain('chroot')
  })
})
