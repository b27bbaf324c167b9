import { spawn, spawnSync } from 'node:child_process'
import { statSync } from 'node:fs'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { execPath } from 'node:process'
import { afterAll, describe, expect, it, onTestFinished } from 'vitest'
import type { SandboxMount } from '../../../src/executor/sandbox/index.ts'
import { busyboxRoot, hasStaticBusybox } from '../../support/busybox-root.ts'
import { childrenOf, processesWith, until } from '../../support/processes.ts'
import { openSteps } from '../../support/steps.ts'

const home = await mkdtemp(join(tmpdir(), 'tsbuild-security-'))
const root = hasStaticBusybox ? await busyboxRoot(join(home, 'root')) : ''
const runStep = resolve(import.meta.dirname, '../../support/run-step.ts')
afterAll(() => rm(home, { recursive: true, force: true }))

/** A number that stands on no other command line of this machine. */
const marker = () => `${100_000 + Math.floor(Math.random() * 900_000)}.${Math.floor(Math.random() * 1e6)}`

describe.each(['crun', 'runc', 'native'] as const)('%s', async (form) => {
  const opened = hasStaticBusybox ? await openSteps(form, root) : 'no static /bin/busybox'
  if (typeof opened === 'string') return it.skip(`is not to be had here: ${opened}`)
  const { run, sh } = opened

  it('D01: no handle of the host is open in a step', async () => {
    const outside = await mkdtemp(join(home, 'leaked-'))
    const line = 'for f in /proc/self/fd/*; do readlink $f; done; true'
    const command = 'exec 7<"$1" 9<"$1"; shift; exec "$@"'
    const args = ['-c', command, 'sh', outside, execPath, runStep, form, root, 'none', line]
    const { stdout, stderr } = spawnSync('/bin/sh', args, { encoding: 'utf8' })
    expect(stderr).toBe('')
    expect(JSON.parse(stdout)).toMatchObject({ exitCode: 0 })
    expect(stdout).not.toContain(outside)
  })

  it.each([3, 8, 64])('D01: /proc/self/fd/%d is no working directory', async (handle) => {
    for (const cwd of [`/proc/self/fd/${handle}`, `/x/../proc/self/fd/${handle}`]) {
      await expect(run(['pwd'], { cwd })).rejects.toMatchObject({ code: 'TSB_SANDBOX_CWD' })
    }
  })

  it('D07: a mount in a shared directory follows no link that another step put there', async () => {
    const [shared, inner, outside] = await Promise.all(['s', 'i', 'o'].map((name) => mkdtemp(join(home, name))))
    if (!shared || !inner || !outside) throw new Error('no folders')
    await sh('ln -s /etc /work/link', { mounts: [{ kind: 'bind', source: shared, target: '/work', readOnly: false }] })
    const mounts: readonly SandboxMount[] = [
      { kind: 'bind', source: shared, target: '/work', readOnly: false },
      { kind: 'bind', source: inner, target: '/work/link/new', readOnly: false },
    ]
    const running = run(['sh', '-c', 'touch /etc/new/reached'], { mounts })
    if (form === 'native') await expect(running).rejects.toThrow(/link leads to/)
    else await running.catch(() => undefined)
    expect(spawnSync('ls', ['/etc/new']).status).not.toBe(0)
  })

  it('D18: without a network there is loopback and nothing else, and no resolver', async () => {
    expect(await sh('ls /sys/class/net; cat /proc/net/route | wc -l', { network: 'none' })).toBe('lo\n1')
    expect(opened.sandbox.resolvConf('none', 'nameserver 1.2.3.4\n')).toBe('')
  })

  it('D19: groups are exactly those of the image', async () => {
    const user = { uid: 1000, gid: 1000, groups: [50, 7] }
    expect((await sh('id -u; id -g; id -G', { user })).split(/\s+/).sort()).toEqual(
      ['1000', '1000', '1000', '50', '7'].sort(),
    )
    expect(await sh('id -G')).toBe('0')
  })

  it('D20: capabilities are the fourteen usual ones, none inheritable or ambient', async () => {
    const zero = '0000000000000000'
    const usual = '00000000a80425fb'
    const line = 'grep -E "^(Cap|NoNew)" /proc/self/status | awk "{print \\$2}"'
    expect((await sh(line)).split('\n')).toEqual([zero, usual, usual, usual, zero, '1'])
    const user = { uid: 1000, gid: 1000, groups: [] }
    expect((await sh(line, { user })).split('\n')).toEqual([zero, zero, zero, usual, zero, '1'])
  })

  it('D21: the environment of tsbuild is not in any process a step sees', async () => {
    const line = 'env; for p in /proc/[0-9]*; do cat $p/environ; done'
    const options = { encoding: 'utf8', env: { ...process.env, X: 'CANARY' } } as const
    const { stdout } = spawnSync(execPath, [runStep, form, root, 'none', line], options)
    expect(JSON.parse(stdout)).toMatchObject({ exitCode: 0 })
    expect(stdout).not.toContain('CANARY')
  })

  it('D22: variables of the image reach the command, and no helper', async () => {
    const env = ['PATH=/bin', 'LD_PRELOAD=/x.so', 'NODE_OPTIONS=--require=/x', 'GCONV_PATH=/evil', 'GIT_DIR=/evil']
    const { exitCode, stdout, stderr } = await run(['env'], { env })
    // A helper that obeys LD_PRELOAD says that it cannot.
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' })
    for (const variable of env) expect(stdout).toContain(`${variable}\n`)
    await expect(run(['true'], { env: ['PATH=/evil'] })).rejects.toMatchObject({ code: 'TSB_COMMAND_NOT_FOUND' })
  })

  it('D23: input is empty, and there is no terminal', async () => {
    expect(await sh('cat | wc -c; (echo x >/dev/tty) 2>/dev/null || echo none')).toBe('0\nnone')
  })

  it('D24: nothing that a step started outlives it', async () => {
    const number = marker()
    await sh(`setsid sleep ${number} & (sleep ${number} &) ; echo started`)
    expect(processesWith(`sleep ${number}`)).toEqual([])
  })

  it.each([
    '/proc/sys/kernel/core_pattern',
    '/proc/sys/kernel/hostname',
    '/proc/sysrq-trigger',
    '/sys/kernel/uevent_helper',
    '/sys/fs/cgroup/x',
  ])('D26: %s cannot be written', async (file) => {
    const { exitCode } = await run(['sh', '-c', `echo x >${file}`])
    expect(exitCode).not.toBe(0)
  })

  it('D26: what tells of the machine is empty', async () => {
    const line =
      'for f in /proc/kcore /proc/keys /proc/timer_list; do head -c 1 $f 2>/dev/null | wc -c; done; ls /sys/firmware'
    expect(await sh(line)).toBe('0\n0\n0')
  })

  it('D27: signals reach no process outside', async () => {
    await run(['sh', '-c', 'kill -9 -1; exit 0'])
    expect(await sh('ls -d /proc/[0-9]* | wc -l')).toMatch(/^[1-4]$/)
  })

  it('a device node that a step makes opens no disk', async () => {
    const { dev } = statSync('/')
    const [major, minor] = [(dev >> 8) & 0xfff, dev & 0xff]
    const result = await run(['sh', '-c', `mknod /disk b ${major} ${minor} && head -c 1 /disk | wc -c`])
    expect(result.stdout.trim()).toBe('0')
    expect(await sh(`mknod /dev/disk b ${major} ${minor} 2>/dev/null; head -c 1 /dev/disk 2>/dev/null | wc -c`)).toBe(
      '0',
    )
  })

  it.skipIf(form === 'native')('system calls are filtered', async () => {
    expect(await sh('grep "^Seccomp:" /proc/self/status')).toMatch(/2$/)
    expect((await run(['unshare', '-U', 'true'])).exitCode).not.toBe(0)
  })

  it('an aborted step is killed with all its children, and the reason is thrown', async () => {
    const number = marker()
    const controller = new AbortController()
    const running = run(
      ['sh', '-c', `trap "" TERM INT; setsid sleep ${number} & sleep ${number}`],
      {},
      controller.signal,
    )
    running.catch(() => undefined)
    expect(await until(() => processesWith(`sleep ${number}`).length >= 2)).toBe(true)
    controller.abort(new Error('stopped'))
    await expect(running).rejects.toThrow('stopped')
    expect(processesWith(`sleep ${number}`)).toEqual([])
  })

  it('steps that follow each other share nothing, and nothing waits when no more may come', async () => {
    const over = new AbortController()
    const ahead = { until: over.signal, expected: () => 1 }
    for (const _ of [1, 2, 3]) {
      const line = 'ls /dev/shm; ls -d /proc/[0-9]* | wc -l; hostname; touch /dev/shm/left; sleep 9999 & sleep 0.2'
      const said = (await sh(line, { network: 'default', ahead })).split('\n')
      expect(said).toEqual([expect.stringMatching(/^[1-4]$/), 'buildkitsandbox'])
    }
    over.abort()
    expect(await until(() => childrenOf(process.pid).length === 0)).toBe(true)
  })

  it.skipIf(form === 'native')('a network namespace is used again only when nothing is left in it', async () => {
    const over = new AbortController()
    onTestFinished(() => over.abort())
    const ahead = { until: over.signal, expected: () => 1 }
    /** The namespace, the connections and the bytes that went over its loopback when the step began, and what the line says. */
    const step = async (line = 'true', insecure = false) => {
      const look = "readlink /proc/self/ns/net; wc -l </proc/net/tcp; awk '/lo:/ {print $2}' /proc/net/dev"
      const said = await sh(`${look}; ${line}`, { network: 'default', ahead, insecure })
      const [namespace = '', connections, bytes, left] = said.split('\n')
      expect({ connections, bytes }).toEqual({ connections: '1', bytes: '0' })
      return { namespace, left }
    }
    const clean = []
    const isConnected = opened.notices.length === 0
    for (const _ of [1, 2, 3, 4, 5]) {
      const { namespace, left } = await step('ping -c 1 -W 5 10.0.2.2 >/dev/null; echo $?')
      clean.push(namespace)
      if (isConnected) expect(left).toBe('0')
    }
    // While one runs, the launch of the next may have been begun.
    if (isConnected) expect(new Set(clean).size).toBeLessThan(3)
    // The side that ends a connection keeps its port for a minute.
    const connection = '(echo; sleep 0.3) | nc -l -p 5000 & until nc 127.0.0.1 5000; do sleep 0.05; done; wait'
    expect(await step(`{ ${connection}; } >/dev/null 2>&1; grep -c " 06 " /proc/net/tcp`)).toMatchObject({ left: '1' })
    // One that could have changed anything; each of the next would see what it sent to itself.
    await step('ping -c 1 127.0.0.1 >/dev/null; sleep 0.2', true)
    for (const _ of [1, 2, 3]) await step()
    over.abort()
    expect(await until(() => childrenOf(process.pid).length === 0)).toBe(true)
  })

  it('nothing is started after an abort', async () => {
    await expect(run(['true'], {}, AbortSignal.abort(new Error('before')))).rejects.toThrow('before')
  })

  it.each(['none', 'default'])('a step dies with tsbuild (network %s)', async (network) => {
    const number = marker()
    const args = [
      '-c',
      'exec "$@"',
      'sh',
      execPath,
      runStep,
      form,
      root,
      network,
      `setsid sleep ${number} & sleep ${number}`,
    ]
    const builder = spawn('/bin/sh', args, { stdio: 'ignore', env: { ...process.env, TMPDIR: home } })
    expect(await until(() => processesWith(`sleep ${number}`).length > 2)).toBe(true)
    builder.kill('SIGKILL')
    expect(await until(() => processesWith(number).length === 0)).toBe(true)
    expect(await readFile('/proc/self/mountinfo', 'utf8')).not.toContain(home)
  })

  it('a step with a network has an address of its own, and the resolver that answers there', async () => {
    const network = 'default'
    const interfaces = await sh('ls /sys/class/net', { network })
    const resolver = opened.sandbox.resolvConf(network, 'search example.test\nnameserver 1.2.3.4\n')
    const isOwn = opened.notices.length === 0
    expect(resolver).toBe(
      isOwn ? 'search example.test\nnameserver 10.0.2.3\n' : 'search example.test\nnameserver 1.2.3.4\n',
    )
    if (isOwn) expect(interfaces).toBe('lo\ntap0')
  })
})
