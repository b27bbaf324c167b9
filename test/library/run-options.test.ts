import { accessSync, constants, existsSync, readdirSync, readFileSync, rmdirSync, rmSync } from 'node:fs'
import { networkInterfaces } from 'node:os'
import { join } from 'node:path'
import { getuid } from 'node:process'
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import type { BuildEvent, BuildOptions } from '../../src/index.ts'
import { busyboxBase, hasBusyboxBase, noBusyboxBase } from '../support/busybox-base.ts'
import { startServer } from '../support/http-server.ts'
import { processesWith, until } from '../support/processes.ts'
import { hasProgram } from '../support/programs.ts'
import { openWorkspace, type Workspace } from '../support/workspace.ts'

const isRoot = getuid?.() === 0
const reason = hasBusyboxBase ? (isRoot ? 'on busybox' : 'needs root') : noBusyboxBase
const canMakeGroups = hasProgram('runc') && ['/sys/fs/cgroup', '/sys/fs/cgroup/pids'].some(isWritable)
const runtimes = ['native', ...(hasProgram('runc') ? ['runc' as const] : [])] as const

describe.skipIf(!hasBusyboxBase || !isRoot)(`what the command line says about all RUNs (${reason})`, () => {
  let workspace: Workspace
  beforeAll(async () => {
    workspace = await openWorkspace()
    await workspace.import(busyboxBase(), 'base')
    return () => workspace[Symbol.asyncDispose]()
  })

  function build(instructions: string, options: Partial<BuildOptions> = {}) {
    workspace.write({ 'context/Dockerfile': `FROM base\n${instructions}\n` })
    return workspace.build(options)
  }

  /** Builds one RUN and gives what it printed. */
  async function printed(run: string, options: Partial<BuildOptions> = {}): Promise<string> {
    const dest = join(workspace.directory, 'out')
    rmSync(dest, { recursive: true, force: true })
    const take = 'FROM scratch\nCOPY --from=0 /tmp/printed /'
    await build(`RUN ${run} >/tmp/printed 2>&1\n${take}`, {
      outputs: [{ type: 'local', dest }],
      noCache: true,
      ...options,
    })
    return readFileSync(join(dest, 'printed'), 'utf8').trim()
  }

  describe('BUILDKIT_SANDBOX_HOSTNAME', () => {
    const show = '(hostname; head -1 /etc/hosts)'

    it.each(runtimes)('is the host name of a step, which else is buildkitsandbox (%s)', async (runtime) => {
      expect(await printed(show, { runtime })).toBe('buildkitsandbox\n127.0.0.1\tlocalhost buildkitsandbox')
      const args = { BUILDKIT_SANDBOX_HOSTNAME: 'builder.test' }
      expect(await printed(show, { runtime, args })).toBe('builder.test\n127.0.0.1\tlocalhost builder.test')
    })

    it('counts in the key, and is in no variable and no history', async () => {
      const first = await build('RUN env; echo named', { args: { BUILDKIT_SANDBOX_HOSTNAME: 'one' } })
      const second = await build('RUN env; echo named', { args: { BUILDKIT_SANDBOX_HOSTNAME: 'two' } })
      expect([first.ran.length, second.ran.length]).toEqual([1, 1])
      expect(await printed('env', { args: { BUILDKIT_SANDBOX_HOSTNAME: 'one' } })).not.toContain('one')
    })

    it('J09 one that is more than a name is refused', async () => {
      for (const name of ['a\n6.6.6.6 b', 'a b', 'x'.repeat(65), '../x/']) {
        const refused = build('RUN true', { args: { BUILDKIT_SANDBOX_HOSTNAME: name } })
        await expect(refused).rejects.toMatchObject({ code: 'TSB_HOST_FORMAT' })
      }
    })
  })

  describe('--add-host', () => {
    it('adds lines to /etc/hosts, and none to the layer', async () => {
      const addHosts = ['db:10.0.0.5', 'six=[2001:db8::1]', 'seven:::7']
      const lines = '10.0.0.5\tdb\n2001:db8::1\tsix\n::7\tseven'
      expect(await printed('tail -3 /etc/hosts', { addHosts })).toBe(lines)
    })

    it('names count in the key, addresses do not', async () => {
      await build('RUN echo hosts', { addHosts: ['db:10.0.0.5'] })
      expect((await build('RUN echo hosts', { addHosts: ['db:10.0.0.6'] })).ran).toEqual([])
      expect((await build('RUN echo hosts', { addHosts: ['db2:10.0.0.6'] })).ran).toHaveLength(1)
    })

    it.each(['default', 'host'] as const)('host-gateway is this machine, network %s', async (network) => {
      await using server = await startServer((_, response) => response.end('reached'), '0.0.0.0')
      const port = server.host.split(':')[1]
      const addHosts = ['machine:host-gateway']
      expect(await printed(`wget -qO- http://machine:${port}/`, { addHosts, network })).toBe('reached')
    })

    it('J09 an address with more lines is refused', async () => {
      const refused = build('RUN true', { addHosts: ['a:1.2.3.4\n6.6.6.6 b'] })
      await expect(refused).rejects.toMatchObject({ code: 'TSB_HOST_FORMAT' })
    })
  })

  describe.each(runtimes)('%s', (runtime) => {
    it('--shm-size is the size of /dev/shm, 64 MiB when it is not said', async () => {
      const show = 'df -m /dev/shm | tail -1 | awk "{print \\$2}"'
      expect(await printed(show, { runtime })).toBe('64')
      expect(await printed(show, { runtime, shmSize: 5 << 20, noCache: true })).toBe('5')
    })

    it('--ulimit sets soft and hard limits', async () => {
      const ulimits = [
        { name: 'nofile', soft: 100, hard: 200 },
        { name: 'core', soft: 0, hard: -1 },
        { name: 'nproc', soft: 300, hard: 300 },
      ]
      const show = '(ulimit -Sn; ulimit -Hn; ulimit -Sc; ulimit -Hc; grep processes /proc/self/limits)'
      expect(await printed(show, { runtime, ulimits })).toMatch(/^100\n200\n0\nunlimited\nMax processes +300 +300/)
    })

    it('--network=none leaves the loopback alone, --network=host is that of this machine', async () => {
      const links = 'ls /sys/class/net'
      expect(await printed(links, { runtime, network: 'none' })).toBe('lo')
      const found = await printed(links, { runtime, network: 'host' })
      for (const name of Object.keys(networkInterfaces())) expect(found.split('\n')).toContain(name)
    })

    it('RUN --network=default has that of --network, and its own is stronger', async () => {
      const links = (mode: string) => `--network=${mode} ls /sys/class/net`
      expect(await printed(links('default'), { runtime, network: 'none' })).toBe('lo')
      expect(await printed(links('none'), { runtime, network: 'host' })).toBe('lo')
    })
  })

  describe('RUN --security=insecure', () => {
    const asked = 'RUN true\nRUN --security=insecure'

    it('D17: needs a grant, and without it nothing has run', async () => {
      const events: BuildEvent[] = []
      const onEvent = (event: BuildEvent) => void events.push(event)
      await expect(build(`${asked} true`, { noCache: true, onEvent })).rejects.toMatchObject({
        code: 'TSB_ENTITLEMENT',
      })
      expect(events.filter((event) => event.type === 'step:miss')).toEqual([])
    })

    it('with its grant may do what others may not', async () => {
      const dest = join(workspace.directory, 'insecure')
      const line = `${asked} mount -t tmpfs none /mnt && stat -f -c %T /mnt >/tmp/found`
      const take = 'FROM scratch\nCOPY --from=0 /tmp/found /'
      const outputs = [{ type: 'local', dest }] as const
      await build(`RUN mkdir /mnt\n${line}\n${take}`, { allow: ['security.insecure'], outputs })
      expect(readFileSync(join(dest, 'found'), 'utf8')).toBe('tmpfs\n')
    })
  })

  describe('--cgroup-parent', () => {
    it('does not count in the key', async () => {
      onTestFinished(() => removeGroups('tsbuild-test-a'))
      await build('RUN echo group', { cgroupParent: 'tsbuild-test-a', runtime: 'native' })
      expect((await build('RUN echo group')).ran).toEqual([])
    })

    it('where there are no control groups, says what is missing', async () => {
      onTestFinished(() => removeGroups('tsbuild-test-x'))
      const { events } = await build('RUN echo no group', { cgroupParent: '/tsbuild-test-x', runtime: 'native' })
      const notices = events.flatMap((event) => (event.type === 'notice' ? [event.message] : []))
      expect(notices).toContainEqual(expect.stringMatching(/^--cgroup-parent has no effect: .*install runc$/))
    })

    it.skipIf(!canMakeGroups)('is what the control group of a step lies in', async () => {
      const marker = `${100_000 + Math.floor(Math.random() * 900_000)}`
      const parent = `tsbuild-test-${marker}`
      const stop = new AbortController()
      const built = build(`RUN sleep ${marker}`, { cgroupParent: parent, runtime: 'runc', signal: stop.signal })
      const ended = expect(built).rejects.toThrow('enough')
      // Processes of the runtime come and go meanwhile.
      const isInside = () => processesWith(`sleep ${marker}`).map(groupsOf).join('').includes(`/${parent}/tsbuild-`)
      expect(await until(isInside)).toBe(true)
      stop.abort(new Error('enough'))
      await ended
      removeGroups(parent)
    })
  })
})

function groupsOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cgroup`, 'utf8')
  } catch {
    return '' // it ended while we looked
  }
}

function removeGroups(parent: string): void {
  const hierarchies = ['', ...readdirSync('/sys/fs/cgroup')].map((name) => join('/sys/fs/cgroup', name, parent))
  for (const folder of hierarchies.filter((name) => existsSync(name))) {
    // The runtime was killed before it could remove what it had made.
    for (const name of readdirSync(folder)) if (name.startsWith('tsbuild-')) rmdirSync(join(folder, name))
    rmdirSync(folder)
  }
}

function isWritable(folder: string): boolean {
  try {
    accessSync(folder, constants.W_OK)
    return true
  } catch {
    return false
  }
}
