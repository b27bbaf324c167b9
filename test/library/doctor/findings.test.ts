import { readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import type { Facts } from '../../../src/library/doctor/facts.ts'
import { findings } from '../../../src/library/doctor/findings.ts'
import { headline } from '../../../src/library/doctor/headline.ts'
import { nodeFinding, oldestNode } from '../../../src/library/doctor/programs.ts'
import { runAbility } from '../../../src/library/doctor/run-ability.ts'
import { rungOf } from '../../../src/library/doctor/rung.ts'

type Exam = Facts['exam']

const around = {
  namespaces: ['pid', 'mnt', 'ipc', 'uts', 'cgroup'],
  filtered: true,
  noNewPrivileges: true,
  capabilities: ['CHOWN', 'KILL'],
}

/** A machine on which all is there, for root. */
const best: Facts = {
  exam: {
    machine: { inUserNamespace: false, kernel: [6, 18] },
    rights: { filtered: false, noNewPrivileges: false, capabilities: ['SYS_ADMIN'] },
    ids: {
      uid: 0,
      outside: 0,
      name: 'root',
      users: 4_294_967_295,
      groups: 4_294_967_295,
      newuidmap: 'ready',
      newgidmap: 'ready',
      subuid: 0,
      subgid: 0,
      free: 100_000,
      settings: {},
    },
    programs: new Map(
      ['setpriv', 'unshare', 'nsenter', 'mount', 'prlimit', 'env', 'cp', 'chroot', 'slirp4netns', 'git', 'ssh'].map(
        (name) => [name, { path: `/bin/${name}`, version: '1.2' }],
      ),
    ),
    rootfs: { erofs: '', overlay: '', marks: 'trusted' },
    sandboxes: [
      { name: 'crun', problem: '', around },
      { name: 'runc', problem: '', around },
      { name: 'native', problem: '', noCgroup: 'none', around: { ...around, filtered: false } },
      { name: 'chroot', problem: '', noCgroup: 'none' },
    ],
    taken: 'crun',
    network: { problem: '', confined: true, hindrance: '' },
    groups: { version: 'v2', controllers: ['cpu', 'memory', 'pids'], problem: '', ways: [] },
    emulators: [
      { platform: { os: 'linux', architecture: 'amd64' }, emulation: { kind: 'kernel' } },
      { platform: { os: 'linux', architecture: 'arm', variant: 'v7' }, emulation: { kind: 'kernel' } },
    ],
  },
  store: {
    path: '/store',
    fileSystem: 'ext4',
    mode: 0o700,
    layout: '1.0.0',
    freeBytes: 5e9,
    freeInodes: 1e6,
    lockProblem: '',
    reflink: false,
  },
}

function told(exam: Partial<Exam> = {}, rest: Partial<Facts> = {}) {
  const facts: Facts = { ...best, ...rest, exam: { ...best.exam, ...exam } }
  const run = runAbility(facts)
  const rung = rungOf(facts)
  const all = findings(rung, run, facts)
  return {
    rung,
    run,
    all,
    headline: headline(rung, run, facts),
    find: (id: string) => all.find((one) => one.id === id),
  }
}

/** Nothing but chroot, or not even that. */
function without(names: readonly string[], problem = 'Operation not permitted'): Partial<Exam> {
  const { taken, ...exam } = best.exam
  const sandboxes = exam.sandboxes.map((one) => (names.includes(one.name) ? { name: one.name, problem } : one))
  const left = sandboxes.find((one) => one.problem === '' && one.name !== 'chroot')?.name
  return { sandboxes, taken: left as never }
}

const shutting = ['crun', 'runc', 'native']

test('where all is there, nothing is to be mended', () => {
  const { all, rung, headline: line } = told()
  expect(all.filter(({ level, fix }) => level !== 'ok' || fix !== undefined)).toEqual([])
  expect(rung).toBe(1)
  expect(line).toBe(
    'rung 1 of 4 (root): RUN steps are shut in by crun (namespaces pid mnt ipc uts cgroup net, system call filter, no_new_privs, 2 capabilities); not shut in: users (root of a step is root here), the kernel',
  )
})

describe('user namespaces', () => {
  const user = { ...best.exam.ids, uid: 1000, outside: 1000, name: 'me' }
  const refused = { userNamespace: { kind: 'none', problem: 'unshare failed: Operation not permitted' } } as const
  const { taken, ...rest } = { ...best.exam, ...without([...shutting, 'chroot']) }

  test.each([
    ['kernel.unprivileged_userns_clone', 0, 'sysctl -w kernel.unprivileged_userns_clone=1'],
    ['user.max_user_namespaces', 0, 'sysctl -w user.max_user_namespaces=15000'],
    ['kernel.apparmor_restrict_unprivileged_userns', 1, 'sysctl -w kernel.apparmor_restrict_unprivileged_userns=0'],
  ])('that %s refuses: the setting is the fix', (name, value, fix) => {
    const { rung, run, find } = told({ ...rest, ids: { ...user, settings: { [name]: value } } }, refused)
    expect([rung, run.works]).toEqual([4, false])
    expect(find('user-namespace')).toMatchObject({ level: 'problem', fix, facts: { [name]: value } })
    expect(find('rung')).toMatchObject({ level: 'problem', fix })
  })

  test('refused by the filter of a container: the fix is of the container', () => {
    const rights = { ...best.exam.rights, filtered: true }
    const { find } = told({ ...rest, rights, ids: user }, refused)
    expect(find('rung')?.fix).toContain('seccomp=unconfined')
  })

  const single = { ...best.exam.ids, outside: 1000, name: 'me', users: 1, groups: 1 }
  const inside = { machine: { ...best.exam.machine, inUserNamespace: true } }
  const entered = { userNamespace: { kind: 'single', problem: 'said so' } } as const

  test.each([
    ['newuidmap is missing', { newuidmap: 'missing', subuid: 9, subgid: 9 }, 'apt-get install uidmap'],
    ['newgidmap has no rights', { newgidmap: 'weak', subuid: 9, subgid: 9 }, 'chmod u+s $(which newuidmap newgidmap)'],
    [
      'there are no ranges, and the first are taken',
      { free: 165_536 },
      'usermod --add-subuids 165536-231071 --add-subgids 165536-231071 me',
    ],
  ] as const)('a single id because %s', (_title, more, fix) => {
    const { rung, find } = told({ ...inside, ids: { ...single, ...more } }, entered)
    expect(rung).toBe(2)
    expect(find('rung')).toMatchObject({ level: 'problem', fix })
    expect(find('user-namespace')).toMatchObject({ level: 'problem', fix, text: expect.stringContaining('said so') })
  })

  test('a single id because newuidmap is set-uid root in a container: capabilities of the file take its place', () => {
    const problem = 'newuidmap: write to uid_map failed: Operation not permitted'
    const ids = { ...single, subuid: 9, subgid: 9 }
    const { find } = told({ ...inside, ids }, { userNamespace: { kind: 'single', problem } })
    expect(find('rung')?.fix).toContain('setcap cap_setuid+ep $(which newuidmap)')
  })

  test('a single id because of no_new_privs', () => {
    const rights = { ...best.exam.rights, noNewPrivileges: true }
    const { find } = told({ ...inside, rights, ids: { ...single, subuid: 9, subgid: 9 } }, entered)
    expect(find('user-namespace')?.text).toContain('no_new_privs keeps newuidmap from its rights')
    expect(find('rung')?.fix).toContain('allowPrivilegeEscalation: true')
  })
})

describe('runtimes', () => {
  test('the best that works is taken, and why a better one is not', () => {
    const { run, find } = told(without(['crun'], 'not installed'))
    expect(run.runtime).toBe('runc')
    expect(find('runtime.crun')).toMatchObject({ level: 'note', fix: 'apt-get install crun' })
    expect(find('runtime.runc')?.text).toMatch(/works, and is taken$/)
  })

  test('native alone has no filter, and that is said', () => {
    const { run, find, headline: line } = told(without(['crun', 'runc'], 'not installed'))
    expect(run).toMatchObject({ runtime: 'native', seccomp: false })
    expect(find('step.seccomp')).toMatchObject({ level: 'note', fix: 'apt-get install runc' })
    expect(line).toMatch(/not shut in: system calls, .*the kernel$/)
  })

  test('chroot that nobody asked for is named as the flag to give', () => {
    const { rung, run, find } = told(without(shutting))
    expect([rung, run.works, run.flags]).toEqual([3, true, ['--runtime=chroot']])
    expect(find('runtime.chroot')).toMatchObject({ level: 'problem', fix: find('rung')?.fix })
  })

  test('what does not work is never ok, also where something better does', () => {
    const { find } = told(without(['native', 'chroot']))
    expect([find('runtime.native')?.level, find('runtime.chroot')?.level]).toEqual(['note', 'note'])
  })

  test('capabilities are written alike everywhere', () => {
    const { find, run } = told()
    expect(find('step.capabilities')?.facts?.['capabilities']).toEqual(run.capabilities)
  })

  test('chroot that is taken by itself needs no flag', () => {
    expect(told({ ...without(shutting), taken: 'chroot' }).run.flags).toEqual([])
  })

  test('a runtime of which steps say that they have no no_new_privs is a problem', () => {
    const loose = { name: 'crun', problem: '', around: { ...around, noNewPrivileges: false } } as const
    expect(told({ sandboxes: [loose] }).find('step.no-new-privs')?.level).toBe('problem')
  })
})

test.each([
  ['slirp4netns is not installed', 'program', 'apt-get install slirp4netns'],
  ['/dev/net/tun is missing', 'device', 'modprobe tun'],
  ['/dev/net/tun may not be opened by this user', 'permission', 'chmod 0666 /dev/net/tun'],
] as const)('a network of the host because %s', (problem, lacking, fix) => {
  const { run, find, headline: line } = told({ network: { problem, lacking, confined: false, hindrance: problem } })
  expect(run.network).toBe('host')
  expect(find('network')).toMatchObject({ level: 'note', text: expect.stringContaining(problem) })
  expect(find('network')?.fix).toMatch(new RegExp(`^(${fix})`))
  expect(line).toContain('not shut in: network, ')
})

test.each([
  ['erofs', 'ENODEV: fsopen', 'modprobe erofs'],
  ['overlay', "mount: unknown filesystem type 'overlay'.", 'modprobe overlay'],
  ['overlay', 'mount: wrong fs type, bad option', 'TSBUILD_ROOT=DIRECTORY on ext4, xfs or btrfs'],
])('%s that does not work because of %s', (form, problem, fix) => {
  const { find, run } = told({ rootfs: { ...best.exam.rootfs, erofs: 'EPERM', [form]: problem } })
  expect(find(`rootfs.${form}`)).toMatchObject({ level: 'note', fix })
  expect(run.snapshotter).toBe(form === 'overlay' ? 'copy' : 'overlay')
})

test('an ordinary user whose groups of version 2 are not delegated is told how to have them', () => {
  const problem = '/sys/fs/cgroup/x is not for this user to write to'
  const ids = { ...best.exam.ids, outside: 1000 }
  const { find, headline: line } = told({
    ids,
    groups: { version: 'v2', controllers: ['pids'], problem, ways: ['run it by systemd', 'or as root'] },
  })
  const text = `--memory and --cpus cannot be held: ${problem}`
  expect(find('cgroups')).toMatchObject({ level: 'note', text, fix: 'run it by systemd, or as root' })
  expect(line).toMatch(/, memory and processors, the kernel$/)
})

describe('the store', () => {
  test('that is nearly full is a problem, in bytes or in files', () => {
    const level = (store: Partial<Facts['store']>) =>
      told({}, { store: { ...best.store, ...store } }).find('store.space')?.level
    expect([level({ freeBytes: 1e9 }), level({ freeBytes: 1e9 - 1 })]).toEqual(['ok', 'problem'])
    expect([level({ freeInodes: 20_000 }), level({ freeInodes: 19_999 })]).toEqual(['ok', 'problem'])
  })

  test('whose locks keep nobody out is a problem', () => {
    const { find } = told({}, { store: { ...best.store, lockProblem: 'ENOLCK' } })
    expect(find('store.locks')).toMatchObject({ level: 'problem', text: expect.stringContaining('ENOLCK') })
  })
})

test('a missing git is a note, a missing setpriv a problem', () => {
  const programs = new Map([...best.exam.programs].filter(([name]) => name !== 'git' && name !== 'setpriv'))
  const { find } = told({ programs })
  expect(find('git')).toMatchObject({ level: 'note', fix: 'apt-get install git' })
  expect(find('tools')).toMatchObject({ level: 'problem', fix: 'apt-get install util-linux' })
})

describe('emulators', () => {
  const [here, arm] = best.exam.emulators as [Exam['emulators'][number], Exam['emulators'][number]]
  const without = (problem?: string) => ({ ...arm, emulation: { kind: 'none', ...(problem && { problem }) } as const })

  test('that are missing are a note, with what registers them', () => {
    const { find } = told({ emulators: [here, without()] })
    expect(find('emulators')).toEqual({
      id: 'emulators',
      level: 'note',
      text: 'RUN works on bases for linux/amd64, and not for linux/arm/v7: no emulator is registered',
      fix: 'apt-get install qemu-user-static binfmt-support, or docker run --privileged --rm tonistiigi/binfmt --install arm',
      facts: { running: ['linux/amd64'], missing: ['linux/arm/v7'] },
    })
  })

  test('that are installed are named with what registers them, but in a container', () => {
    const emulation = { kind: 'none', installed: '/usr/bin/qemu-arm-static' } as const
    const emulators = [here, { ...arm, emulation }]
    expect(told({ emulators }).find('emulators')?.fix).toMatch(/^systemctl restart systemd-binfmt/)
    const rights = { ...best.exam.rights, filtered: true }
    expect(told({ rights, emulators }).find('emulators')?.fix).toMatch(/: apt-get install qemu-user-static/)
  })

  test('are registered outside of a container, and one that is of no use is named', () => {
    const rights = { ...best.exam.rights, filtered: true }
    const { find } = told({ rights, emulators: [here, without('/usr/bin/qemu-arm needs libraries')] })
    expect(find('emulators')).toMatchObject({
      text: expect.stringContaining('/usr/bin/qemu-arm needs libraries'),
      fix: expect.stringMatching(/^on the machine, outside of this container: apt-get install/),
    })
  })
})

test('the oldest Node is that of package.json', () => {
  const file = path.join(import.meta.dirname, '../../../package.json')
  expect(JSON.parse(readFileSync(file, 'utf8')).engines.node).toBe(`>=${oldestNode.join('.')}.0`)
  expect(['v22.17.9', 'v22.18.0', 'v23.0.0', 'v20.99.0'].map((version) => nodeFinding(version).level)).toEqual([
    'problem',
    'ok',
    'ok',
    'problem',
  ])
})
