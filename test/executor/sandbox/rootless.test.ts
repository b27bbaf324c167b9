import { spawnSync } from 'node:child_process'
import { chmodSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { execPath } from 'node:process'
import { afterAll, describe, expect, it } from 'vitest'
import { busyboxRoot, hasStaticBusybox } from '../../support/busybox-root.ts'
import { findOrdinaryUser, noOrdinaryUser } from '../../support/ordinary-user.ts'
import { hasProgram } from '../../support/programs.ts'

const home = await mkdtemp(join(tmpdir(), 'tsbuild-rootless-'))
chmodSync(home, 0o755)
afterAll(() => rm(home, { recursive: true, force: true }))
const runStep = resolve(import.meta.dirname, '../../support/run-step.ts')

/** Somebody who is not root, has numbers for a user namespace, and may read this checkout. */
function ordinaryUser(): string | undefined {
  const user = hasProgram('runuser') ? findOrdinaryUser(runStep) : undefined
  return user && enter(user.name, 'true').status === 0 ? user.name : undefined
}

/** Runs a command as root of a user namespace of this user, as tsbuild runs itself when it is not root. */
function enter(user: string, ...command: readonly string[]) {
  const namespace = ['unshare', '--user', '--map-auto', '--map-root-user', '--', ...command]
  return spawnSync('runuser', ['-u', user, '--', ...namespace], { encoding: 'utf8', cwd: '/' })
}

describe.each(['runc', 'native'])('%s in a user namespace', async (form) => {
  const user = ordinaryUser()
  if (user === undefined || !hasStaticBusybox) return it.skip(`${noOrdinaryUser}; and /bin/busybox`)
  const root = await busyboxRoot(join(home, form))
  spawnSync('chown', ['-Rh', `${user}:`, root])
  const step = (line: string, network = 'none') => {
    const { stdout, stderr, status } = enter(user, execPath, runStep, form, root, network, line)
    if (status !== 0) throw new Error(`${status}: ${stdout}${stderr}`)
    return JSON.parse(stdout) as { exitCode: number; stdout: string; stderr: string; notices: readonly string[] }
  }

  it('runs a step as root of the image', () => {
    const line = 'id -u; echo x >/new; rm /etc/hosts; chown 5:6 /new; stat -c "%u %g" /new; hostname'
    expect(step(line)).toMatchObject({ exitCode: 0, stdout: '0\n5 6\nbuildkitsandbox\n', stderr: '' })
  })

  it('gives the usual devices, and makes none', () => {
    const line = 'echo x >/dev/null; head -c 2 /dev/zero | wc -c; mknod /chr c 5 1 2>/dev/null || echo refused'
    expect(step(line)).toMatchObject({ exitCode: 0, stdout: '2\nrefused\n' })
  })

  it('D20: capabilities are the fourteen usual ones', () => {
    expect(step('grep CapBnd /proc/self/status').stdout).toMatch(/00000000a80425fb\n$/)
  })

  it('D26: the kernel cannot be written to, whatever the network', () => {
    const line =
      'for f in /proc/sys/kernel/core_pattern /sys/kernel/uevent_helper /sys/fs/cgroup/x; do (echo x >$f) 2>/dev/null && echo $f; done; true'
    expect(step(line)).toMatchObject({ exitCode: 0, stdout: '' })
    expect(step(line, 'host')).toMatchObject({ exitCode: 0, stdout: '' })
  })

  it('has a network, or says whose it is', () => {
    const { exitCode, stdout, notices } = step('ls /sys/class/net', 'default')
    expect(exitCode).toBe(0)
    if (!notices.some((notice) => notice.includes('network'))) expect(stdout).toBe('lo\ntap0\n')
  })
})
