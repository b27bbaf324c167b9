import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import type { SandboxMount } from '../../../src/executor/sandbox/index.ts'
import { busyboxRoot, hasStaticBusybox } from '../../support/busybox-root.ts'
import { openSteps } from '../../support/steps.ts'

const home = await mkdtemp(join(tmpdir(), 'tsbuild-sandbox-'))
const root = hasStaticBusybox ? await busyboxRoot(join(home, 'root')) : ''
afterAll(() => rm(home, { recursive: true, force: true }))

const fresh = () => mkdtemp(join(home, 'fresh-'))

/** Every form that can be had here keeps the same promises. */
describe.each(['crun', 'runc', 'native'] as const)('%s', async (form) => {
  const opened = hasStaticBusybox ? await openSteps(form, root) : 'no static /bin/busybox'
  if (typeof opened === 'string') return it.skip(`is not to be had here: ${opened}`)
  const { run, sh, spec } = opened

  it('gives the output as it comes, and the exit code', async () => {
    const result = await run(['sh', '-c', 'echo out; echo err >&2; exit 3'])
    expect(result).toEqual({ exitCode: 3, stdout: 'out\n', stderr: 'err\n' })
  })

  it('names the signal that ended the command', async () => {
    const result = await run(['sh', '-c', 'sh -c "kill -9 \\$\\$"; exit $?'])
    expect(result).toMatchObject({ exitCode: 137, signal: 'SIGKILL' })
  })

  it('passes exactly the environment it was given, with any value', async () => {
    const env = ['PATH=/bin', 'A=one\ntwo\n', 'B= $(x) `y` \'"\\', 'UID=7', 'IFS=,', 'LANG=C.UTF-8', 'a.b=c', 'E=']
    const { stdout } = await run(['env', '-0'], { env })
    const got = stdout.split('\0').filter((variable) => variable !== '' && !variable.startsWith('HOME='))
    expect(got.sort()).toEqual([...env].sort())
  })

  it('takes the last of two variables with one name', async () => {
    expect(await sh('echo $A', { env: ['PATH=/bin', 'A=1', 'A=2'] })).toBe('2')
  })

  it('passes variables of the dynamic loader', async () => {
    const env = ['PATH=/bin', 'LD_PRELOAD=/no such.so', 'LD_LIBRARY_PATH=/a:/b']
    expect(await sh('echo "$LD_PRELOAD $LD_LIBRARY_PATH"; env | grep -c tsbuild || true', { env })).toBe(
      '/no such.so /a:/b\n0',
    )
  })

  it('passes arguments as they are', async () => {
    const { stdout } = await run(['printf', '%s|', '', 'a b', '$(id)', "'", '\n', '--', '-x'])
    expect(stdout).toBe("|a b|$(id)|'|\n|--|-x|")
  })

  it('runs in the directory it was told, below links too', async () => {
    await mkdir(join(root, 'deep/er'), { recursive: true })
    await symlink('/deep', join(root, 'link')).catch(() => undefined)
    expect(await sh('pwd -P', { cwd: '/link/er' })).toBe('/deep/er')
  })

  it('keeps what is written in the upper directory, and mounts nothing outside', async () => {
    const step = await spec(['sh', '-c', 'echo hi >/made; rm /etc/hosts'])
    await opened.sandbox.run(step, () => {}, new AbortController().signal)
    const upper = step.rootfs.kind === 'overlay' ? step.rootfs.upper : ''
    expect((await readdir(upper)).sort()).toEqual(['etc', 'made'])
    expect(await readFile('/proc/self/mountinfo', 'utf8')).not.toContain(home)
  })

  it('makes files with umask 022, whatever the caller has', async () => {
    expect(await sh('umask; touch /f; stat -c %a /f')).toBe('0022\n644')
  })

  it('shows the host name that it was given', async () => {
    expect(await sh('hostname', { hostname: 'buildkitsandbox' })).toBe('buildkitsandbox')
  })

  it('lets any user open its own output by name', async () => {
    const user = { uid: 1000, gid: 1000, groups: [] }
    const { stdout, stderr } = await run(['sh', '-c', 'echo a >/dev/stdout; echo b >/dev/stderr'], { user })
    expect([stdout, stderr]).toEqual(['a\n', 'b\n'])
  })

  it('passes on more output than a pipe holds', async () => {
    const { stdout } = await run(['sh', '-c', 'yes 0123456789 | head -c 3000000'])
    expect(stdout.length).toBe(3_000_000)
  })

  it('gives the usual devices, and no others', async () => {
    const nodes = await sh(
      'cd /dev; for f in *; do [ -c $f ] && [ ! -L $f ] && echo $f; done; head -c 3 /dev/zero | wc -c',
    )
    expect(nodes.split('\n').filter((name) => !['console', 'ptmx'].includes(name))).toEqual([
      'full',
      'null',
      'random',
      'tty',
      'urandom',
      'zero',
      '3',
    ])
    expect(await sh('for f in fd stdin ptmx; do readlink /dev/$f; done; ls -d /dev/pts /dev/mqueue')).toBe(
      '/proc/self/fd\n/proc/self/fd/0\npts/ptmx\n/dev/mqueue\n/dev/pts',
    )
  })

  it('sizes /dev/shm, and sets limits', async () => {
    expect(await sh('df -k /dev/shm | tail -1 | awk "{print \\$2}"')).toBe('65536')
    const limits = { shmSize: 1024 * 1024, ulimits: [{ name: 'nofile', soft: 100, hard: 200 }] }
    const line = 'df -k /dev/shm | tail -1 | awk "{print \\$2}"; ulimit -Sn; ulimit -Hn'
    expect(await sh(line, { limits })).toBe('1024\n100\n200')
    expect(await sh('ulimit -Sn')).toBe('1024')
  })

  it('a limit that this machine does not let it set is blamed on --ulimit', async () => {
    const limits = { ulimits: [{ name: 'nofile', soft: 2_000_000_000, hard: 2_000_000_000 }] }
    await expect(run(['true'], { limits })).rejects.toMatchObject({
      code: 'TSB_SANDBOX_FAILED',
      hint: expect.stringContaining('lower the --ulimit'),
    })
  })

  it('refuses a limit that Linux does not have', async () => {
    const limits = { ulimits: [{ name: 'nofiles', soft: 1, hard: 1 }] }
    await expect(run(['true'], { limits })).rejects.toMatchObject({ code: 'TSB_ULIMIT' })
  })

  it('binds directories and files, read-only and not', async () => {
    const [files, cache] = [await fresh(), await fresh()]
    const odd = 'one # two\\040 \t\n three, four:five'
    await writeFile(join(files, odd), 'text')
    const mounts: readonly SandboxMount[] = [
      { kind: 'bind', source: join(files, odd), target: '/etc/hosts', readOnly: true },
      { kind: 'bind', source: cache, target: '/work', readOnly: false },
    ]
    const line = 'cat /etc/hosts; echo kept >/work/new; echo x 2>/dev/null >/etc/hosts || echo refused'
    expect(await sh(line, { mounts })).toBe('textrefused')
    expect(await readFile(join(cache, 'new'), 'utf8')).toBe('kept\n')
  })

  it('mounts a tmpfs of a size and mode', async () => {
    const mounts: readonly SandboxMount[] = [{ kind: 'tmpfs', target: '/work', size: 65536, mode: 0o1777 }]
    const line = 'stat -c %a /work; stat -f -c %T /work; df -k /work | tail -1 | awk "{print \\$2}"'
    expect(await sh(line, { mounts })).toBe('1777\ntmpfs\n64')
  })

  it('gives a tmpfs the mode of the directory that it covers', async () => {
    await mkdir(join(root, 'odd'), { recursive: true })
    await chmod(join(root, 'odd'), 0o1733)
    expect(await sh('stat -c %a /odd', { mounts: [{ kind: 'tmpfs', target: '/odd' }] })).toBe('1733')
  })

  it('shows a part of merged directories, and throws away what is written there', async () => {
    const [below, above] = [await fresh(), await fresh()]
    await mkdir(join(below, 'a/b'), { recursive: true })
    await mkdir(join(above, 'a/b'), { recursive: true })
    await writeFile(join(below, 'a/b/x'), 'below')
    await writeFile(join(above, 'a/b/y'), 'above')
    const folder = await fresh()
    for (const name of ['upper', 'work', 'merged']) await mkdir(join(folder, name))
    const at = (name: string) => join(folder, name)
    const overlay = { lowers: [above, below], upper: at('upper'), work: at('work'), merged: at('merged') }
    const mounts: readonly SandboxMount[] = [
      { kind: 'overlay', ...overlay, subpath: 'a/b', target: '/work', readOnly: false },
    ]
    expect(await sh('cat /work/x /work/y; echo new >/work/x; rm /work/y; ls /work', { mounts })).toBe('belowabovex')
    expect(await readFile(join(below, 'a/b/x'), 'utf8')).toBe('below')
  })

  it('mounts into a mount, making the place in it', async () => {
    const [cache, inner] = [await fresh(), await fresh()]
    await writeFile(join(inner, 'f'), 'inner')
    const mounts: readonly SandboxMount[] = [
      { kind: 'bind', source: inner, target: '/work/a/b', readOnly: true },
      { kind: 'bind', source: cache, target: '/work', readOnly: false },
    ]
    expect(await sh('cat /work/a/b/f', { mounts })).toBe('inner')
  })

  it('mounts below /dev', async () => {
    const files = await fresh()
    await writeFile(join(files, 'script'), '#!/bin/sh\necho run\n', { mode: 0o755 })
    const mounts: readonly SandboxMount[] = [
      { kind: 'bind', source: join(files, 'script'), target: '/dev/pipes/1', readOnly: true },
    ]
    expect((await run(['/dev/pipes/1'], { mounts })).stdout).toBe('run\n')
  })

  it.each([
    [
      'with long names',
      130,
      async () => join(await fresh(), 'a long enough name for a folder, with a colon: and a comma'),
    ],
    ['that lie side by side', 110, async () => join(home, randomBytes(21).toString('base64url'))],
  ] as const)('stacks many layers %s', async (_, count, name) => {
    const layers = await Promise.all(
      Array.from({ length: count }, async (_, number) => {
        const directory = await name()
        await mkdir(directory)
        await writeFile(join(directory, `file${number}`), '')
        return directory
      }),
    )
    const step = await spec(['sh', '-c', 'ls / | grep -c file'])
    const rootfs = { ...step.rootfs, kind: 'overlay', lowers: [...layers, root] } as typeof step.rootfs
    const heard: string[] = []
    const hear = (_: string, bytes: Uint8Array) => void heard.push(Buffer.from(bytes).toString())
    await opened.sandbox.run({ ...step, rootfs }, hear, new AbortController().signal)
    expect(heard.join('')).toBe(`${count}\n`)
  })

  it('gives insecure steps all capabilities', async () => {
    const mine = /^CapBnd:\s*(\w+)$/m.exec(await readFile('/proc/self/status', 'utf8'))?.[1]
    for (const uid of [0, 1000]) {
      const user = { uid, gid: uid, groups: [] }
      const line = 'id -u; sed -n "s/^Cap\\(Eff\\|Prm\\|Bnd\\|Amb\\|Inh\\):.//p" /proc/self/status'
      expect(await sh(line, { insecure: true, user })).toBe([uid, mine, mine, mine, mine, mine].join('\n'))
      expect(await sh('mount -t tmpfs none /work && stat -f -c %T /work', { insecure: true, user })).toBe('tmpfs')
    }
  })

  it('lets insecure steps write to /sys, /proc/sys and control groups, and use devices', async () => {
    const writable = 'for f in /sys /proc/sys /sys/fs/cgroup; do grep -E "^[^ ]+ $f [^ ]+ ro," /proc/mounts; done; true'
    expect(await sh(writable, { insecure: true })).toBe('')
    expect(await sh('mknod /made c 1 5 && head -c 3 /made | wc -c', { insecure: true })).toBe('3')
    expect(await sh('mknod /dev/made c 1 5 && head -c 3 /dev/made | wc -c', { insecure: true })).toBe('3')
    const shown = await sh('ls /dev /dev/net 2>/dev/null', { insecure: true })
    const present = ['fuse', 'kmsg', 'loop-control'].filter((name) => existsSync(`/dev/${name}`))
    expect(shown.split('\n')).toEqual(expect.arrayContaining(present))
    expect(await sh('ls /dev')).not.toMatch(/kmsg|fuse|loop/)
  })

  describe('failures', () => {
    it('a command that is not in the image', async () => {
      await expect(run(['nosuch'])).rejects.toMatchObject({ code: 'TSB_COMMAND_NOT_FOUND' })
      await expect(run(['/no/such'])).rejects.toMatchObject({ code: 'TSB_COMMAND_NOT_FOUND' })
    })

    it('a file that is no program', async () => {
      const directory = await fresh()
      for (const name of ['bin', 'proc', 'sys', 'dev', 'etc']) await mkdir(join(directory, name))
      for (const name of ['noise', 'sh']) {
        await writeFile(join(directory, 'bin', name), Buffer.from('\x7fELF\x02\x01\x01noise'), { mode: 0o755 })
      }
      const rootfs = { kind: 'directory', path: directory } as const
      await expect(run(['/bin/noise'], { rootfs })).rejects.toMatchObject({ code: 'TSB_EXEC_FORMAT' })
    })

    it('a file that may not be executed', async () => {
      await expect(run(['/etc/passwd'])).rejects.toMatchObject({ code: 'TSB_COMMAND_NOT_EXECUTABLE' })
    })

    it('a command that is longer than Linux takes', async () => {
      await expect(run(['echo', 'x'.repeat(200_000)])).rejects.toMatchObject({ code: 'TSB_ARGUMENTS_TOO_LONG' })
    })

    it('says nothing of it on the output of the step', async () => {
      const heard: string[] = []
      const ran = opened.sandbox.run(
        await spec(['nosuch']),
        (_, b) => void heard.push(String(b)),
        AbortSignal.timeout(60_000),
      )
      await expect(ran).rejects.toThrow('nosuch')
      expect(heard).toEqual([])
    })

    it('passes on what only looks like a complaint of the runtime', async () => {
      const text = `${form === 'native' ? 'unshare' : form}: x`
      const result = await run(['sh', '-c', `echo "${text}" >&2; echo more >&2; exit 1`])
      expect(result).toMatchObject({ exitCode: 1, stderr: `${text}\nmore\n` })
    })
  })
})
