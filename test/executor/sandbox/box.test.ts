import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:net'
import { arch, tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { execPath } from 'node:process'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import type { SandboxMount, SandboxSpec } from '../../../src/executor/sandbox/index.ts'
import { busyboxRoot, hasStaticBusybox } from '../../support/busybox-root.ts'
import { hasProgram } from '../../support/programs.ts'
import { openSteps } from '../../support/steps.ts'

const home = await mkdtemp(join(tmpdir(), 'tsbuild-box-'))
const root = hasStaticBusybox ? await busyboxRoot(join(home, 'root')) : ''
afterAll(() => rm(home, { recursive: true, force: true }))
const support = resolve(import.meta.dirname, '../../support')

const perl = '/usr/bin/perl'
const hasPerl = arch() === 'x64' && spawnSync(perl, ['-MSocket', '-e', '1']).status === 0
const shown: readonly SandboxMount[] = ['/usr', '/lib', '/lib64', '/bin']
  .filter((name) => existsSync(name))
  .map((name) => ({ kind: 'bind', source: name, target: name, readOnly: true }))
for (const { target } of hasStaticBusybox ? shown : []) mkdirSync(join(root, target), { recursive: true })

/** Prints the number of the session keyring, and 0 where there is none of its own. */
const keyring = [perl, '-e', 'print syscall(250, 0, -3, 0)']

/** What the kernel says of those that connect steps of a process. */
function helpersOf(parent: number) {
  return readdirSync('/proc').flatMap((pid) => {
    const status = /^\d+$/.test(pid) ? textOf(`/proc/${pid}/status`) : ''
    const value = (name: string) => new RegExp(`^${name}:\\s*(.*)$`, 'm').exec(status)?.[1]
    const isOurs = value('Name') === 'slirp4netns' && value('PPid') === String(parent)
    if (!isOurs || value('Seccomp') === '0' || value('State')?.startsWith('Z')) return []
    return [{ seccomp: value('Seccomp'), files: readdirSync(`/proc/${pid}/root`) }]
  })
}

/** Nothing for a process that has ended. */
function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}

/** Something that answers on this machine alone. */
async function listening(place: string | number): Promise<Server> {
  const server = createServer((socket) => socket.end('reached'))
  await new Promise<void>((done) => {
    if (typeof place === 'string') server.listen(place, done)
    else server.listen(place, '127.0.0.1', done)
  })
  return server
}

describe.each(['crun', 'runc', 'native'] as const)('%s', async (form) => {
  const opened = hasStaticBusybox ? await openSteps(form, root, '', home, 'unconfined') : 'no static /bin/busybox'
  if (typeof opened === 'string') return it.skip(`is not to be had here: ${opened}`)
  const { run, sh } = opened
  const hasOwnNetwork = opened.notices.every((notice) => !notice.includes('network'))

  it('D23: a step leads a session that is not that of tsbuild', async () => {
    const [session = '', process = ''] = (await sh('cut -d" " -f6 /proc/self/stat; echo $$')).split('\n')
    expect(Number(session)).toBeLessThanOrEqual(Number(process))
    expect(await sh('cut -d" " -f7 /proc/self/stat')).toBe('0')
  })

  it.skipIf(!hasPerl)('every step has a session keyring that nobody else has', async () => {
    const own = spawnSync(perl, keyring.slice(1), { encoding: 'utf8' }).stdout
    const found = [own]
    for (const _ of [1, 2]) found.push((await run(keyring, { mounts: shown })).stdout)
    expect(found.every((id) => Number(id) > 0)).toBe(true)
    expect(new Set(found).size).toBe(3)
  })

  it('has a control group of its own, or none that it sees', async () => {
    const groups = await sh('cat /proc/self/cgroup')
    for (const row of groups.split('\n')) expect(row).toMatch(/:\/(tsbuild-[^/]*|step)?$|:\/\.\.\//)
    expect((await run(['sh', '-c', 'mkdir /sys/fs/cgroup/x'])).exitCode).not.toBe(0)
  })

  describe.skipIf(!hasOwnNetwork)('with a network of its own', () => {
    const name = `tsbuild-test-${process.pid}-${form}`
    const servers: Server[] = []
    let port = 0
    beforeAll(async () => {
      servers.push(await listening(`\0${name}`), await listening(0))
      const address = servers[1]?.address()
      port = typeof address === 'object' && address ? address.port : 0
      return () => {
        for (const server of servers) server.close()
      }
    })

    const heard = async (address: string, network: SandboxSpec['network']) =>
      (await run(['sh', '-c', `nc -w 2 ${address} ${port} </dev/null`], { network })).stdout
    const abstract = `socket(S, PF_UNIX, SOCK_STREAM, 0); connect(S, pack_sockaddr_un("\\0${name}")) or exit; print <S>`

    it('reaches nothing that listens on the loopback of this machine', async () => {
      for (const address of ['127.0.0.1', '10.0.2.2', '10.0.2.3']) expect(await heard(address, 'default')).toBe('')
      expect(await heard('127.0.0.1', 'none')).toBe('')
      expect(await heard('127.0.0.1', 'host')).toBe('reached')
    })

    it('is given it by a program that sees no file of this machine, and may do little', async () => {
      const step = run(['sh', '-c', 'sleep 1; echo done'], { network: 'default' })
      const found = await vi.waitUntil(() => helpersOf(process.pid)[0], { timeout: 5000 })
      expect(found).toMatchObject({ seccomp: '2', files: expect.not.arrayContaining(['home', 'usr', 'root']) })
      expect((await step).stdout).toBe('done\n')
    })

    it.skipIf(!hasPerl)('reaches no abstract socket of this machine', async () => {
      const found = async (network: SandboxSpec['network']) =>
        (await run([perl, '-MSocket', '-e', abstract], { network, mounts: shown })).stdout
      expect([await found('default'), await found('none'), await found('host')]).toEqual(['', '', 'reached'])
    })

    it.skipIf(process.getuid?.() !== 0 || !hasProgram('ip'))(
      'resolves names by the resolver of this machine',
      async () => {
        const file = join(home, `resolv-${form}`)
        await writeFile(file, 'nameserver 127.0.0.1\n')
        const line = 'nslookup canary.test 10.0.2.3'
        const around = `ip link set lo up; mount --bind "$1" /etc/resolv.conf; "$2" "$3" & server=$!; shift 3
        "$@"; status=$?; kill $server; exit $status`
        const server = join(support, 'programs/name-server.ts')
        const step = [execPath, join(support, 'run-step.ts'), form, root, 'default', line]
        const words = ['--net', '--mount', 'sh', '-c', around, 'sh', file, execPath, server, ...step]
        const { stdout, stderr } = spawnSync('unshare', words, { encoding: 'utf8' })
        expect({ stdout, stderr }).toMatchObject({ stdout: expect.stringContaining('192.0.2.77') })
      },
    )
  })
})

it('says when steps are not kept from the network of this machine', async () => {
  const tools = join(home, 'tools')
  const opened = hasStaticBusybox ? await openWithout(tools) : undefined
  if (!opened) return
  expect(opened.notices).toContainEqual(
    expect.stringMatching(
      /^steps use the network of this machine, its loopback and abstract sockets among it: .*slirp4netns/,
    ),
  )
})

/** A form of sandbox where slirp4netns cannot be run. */
async function openWithout(tools: string) {
  spawnSync('mkdir', ['-p', tools])
  await writeFile(join(tools, 'slirp4netns'), '#!/bin/sh\necho slirp4netns: no >&2\nexit 1\n', { mode: 0o755 })
  const opened = await openSteps('native', root, tools)
  return typeof opened === 'string' ? undefined : opened
}
