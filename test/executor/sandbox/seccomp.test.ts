import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { arch, tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it, test } from 'vitest'
import { readMachine, type SandboxMount } from '../../../src/executor/sandbox/index.ts'
import { stepSeccomp } from '../../../src/executor/sandbox/seccomp.ts'
import { filterOf, type SeccompProfile } from '../../../src/executor/sandbox/seccomp-profile.ts'
import { busyboxRoot, hasStaticBusybox } from '../../support/busybox-root.ts'
import { openSteps } from '../../support/steps.ts'

const home = await mkdtemp(join(tmpdir(), 'tsbuild-seccomp-'))
const root = hasStaticBusybox ? await busyboxRoot(join(home, 'root')) : ''
afterAll(() => rm(home, { recursive: true, force: true }))

const hasPerl = arch() === 'x64' && spawnSync('/usr/bin/perl', ['-e', '1']).status === 0
const theirs = '/usr/share/containers/seccomp.json'
const machine = readMachine()

/** This machine's own programs, for one that makes any system call: it prints the error of each. */
const shown: readonly SandboxMount[] = ['/usr', '/lib', '/lib64', '/bin']
  .filter((name) => existsSync(name))
  .map((name) => ({ kind: 'bind', source: name, target: name, readOnly: true }))
const calls = (numbers: readonly number[]) => [
  '/usr/bin/perl',
  '-e',
  `for (${numbers.join(',')}) { $! = 0; syscall($_, 0, 0, 0, 0, 0); print $!+0, " " }`,
]

/** Numbers of x86-64. */
const number = {
  mount: 165,
  umount2: 166,
  pivot_root: 155,
  init_module: 175,
  kexec_load: 246,
  add_key: 248,
  request_key: 249,
  keyctl: 250,
  unshare: 272,
  perf_event_open: 298,
  open_by_handle_at: 304,
  setns: 308,
  bpf: 321,
  userfaultfd: 323,
  io_uring_setup: 425,
  io_uring_register: 427,
  open_tree: 428,
  move_mount: 429,
  fsopen: 430,
  mount_setattr: 442,
}
const [denied, notImplemented, fault] = [1, 38, 14]

describe.each(['crun', 'runc'] as const)('%s', async (form) => {
  if (!hasPerl) return it.skip('needs /usr/bin/perl on x86-64')
  const opened = hasStaticBusybox ? await openSteps(form, root) : 'no static /bin/busybox'
  if (typeof opened === 'string') return it.skip(`is not to be had here: ${opened}`)
  const printed = async (argv: readonly string[], seccomp?: 'unconfined' | SeccompProfile) => {
    const steps = seccomp === undefined ? opened : await openSteps(form, root, '', home, seccomp)
    if (typeof steps === 'string') throw new Error(steps)
    return (await steps.run(argv, { mounts: shown })).stdout.trim()
  }

  it('the filter refuses what reaches out of a step, and what no rule names', async () => {
    const numbers = Object.values(number)
    expect((await printed(calls(numbers))).split(' ').map(Number)).toEqual(numbers.map(() => denied))
    // runc says of what is newer than all rules that it is not there.
    expect([denied, notImplemented]).toContain(Number(await printed(calls([999]))))
  })

  it('clone3 is not there, so that libraries fall back to clone, which may make no namespaces', async () => {
    const [clone3, clone, newUser] = [435, 56, 0x1000_0000]
    const line = `$! = 0; syscall(${clone3}, 0, 0); print $!+0, " "; $! = 0; syscall(${clone}, ${newUser}, 0, 0, 0, 0); print $!+0`
    expect(await printed(['/usr/bin/perl', '-e', line])).toBe(`${notImplemented} ${denied}`)
  })

  it('a profile of somebody else is in force in its place, with all its conditions', async () => {
    const profile: SeccompProfile = {
      defaultAction: 'SCMP_ACT_ALLOW',
      archMap: [{ architecture: 'SCMP_ARCH_X86_64', subArchitectures: ['SCMP_ARCH_X86'] }],
      syscalls: [
        { names: ['mount'], action: 'SCMP_ACT_ERRNO', errnoRet: 99 },
        { names: ['keyctl'], action: 'SCMP_ACT_ERRNO', errnoRet: 98, includes: { caps: ['CAP_SYS_ADMIN'] } },
        { names: ['request_key'], action: 'SCMP_ACT_ERRNO', errnoRet: 97, excludes: { minKernel: '3.0' } },
        { names: ['bpf'], action: 'SCMP_ACT_ERRNO', errnoRet: 96, includes: { arches: ['amd64'], minKernel: '3.0' } },
      ],
    }
    const numbers = [number.mount, number.bpf, number.keyctl, number.request_key]
    const [mount, bpf, ...others] = (await printed(calls(numbers), profile)).split(' ').map(Number)
    expect([mount, bpf]).toEqual([99, 96])
    for (const error of others) expect([97, 98, denied]).not.toContain(error)
  })

  it('unconfined has none', async () => {
    expect(await printed(['sh', '-c', 'grep "^Seccomp:" /proc/self/status'], 'unconfined')).toMatch(/0$/)
    expect(Number(await printed(calls([number.add_key]), 'unconfined'))).toBe(fault)
  })
})

test.each(['native', 'chroot'] as const)('%s has no filter, so it cannot have one of somebody else', async (form) => {
  const opened = openSteps(form, '', '', home, { defaultAction: 'SCMP_ACT_ALLOW' })
  expect(await opened).toMatch(/has no system call filter/)
})

describe.skipIf(!existsSync(theirs))(`beside the profile of Podman (${theirs})`, () => {
  const profile: SeccompProfile = JSON.parse(readFileSync(theirs, 'utf8'))
  const allowed = (filter: ReturnType<typeof stepSeccomp>) =>
    new Set(filter.syscalls.filter(({ action }) => action === 'SCMP_ACT_ALLOW').flatMap(({ names }) => names))
  const [ours, podmans] = [allowed(stepSeccomp()), allowed(filterOf(profile, machine))]

  /** Newer than that profile, of other processors, or allowed by Docker too. */
  const known = `arm_fadvise64_64 arm_sync_file_range breakpoint cacheflush cachestat fchmodat2 futex_requeue futex_wait
    futex_waitv futex_wake getxattrat io_pgetevents io_pgetevents_time64 listxattrat map_shadow_stack mseal removexattrat
    riscv_flush_icache set_tls setxattrat swapcontext sync_file_range2 vmsplice`.split(/\s+/)

  test('ours allows nothing that theirs does not, but what is named here', () => {
    expect([...ours].filter((name) => !podmans.has(name) && !known.includes(name))).toEqual([])
  })

  test('ours allows none of what theirs allows besides and what reaches out of a step', () => {
    for (const name of ['mount', 'umount2', 'unshare', 'setns', 'keyctl', 'bpf', 'io_uring_setup', 'clone3']) {
      expect(ours).not.toContain(name)
    }
  })
})
