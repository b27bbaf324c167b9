import { readdirSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { geteuid } from 'node:process'
import { afterAll, describe, expect, it } from 'vitest'
import { openCache } from '../../../src/cache/index.ts'
import { type MountTarget, openLayerMounts, openRootfs } from '../../../src/executor/rootfs/index.ts'
import { openSandbox, readMachine, type SandboxMount } from '../../../src/executor/sandbox/index.ts'
import type { Layer } from '../../../src/image/index.ts'
import { openStore } from '../../../src/store/index.ts'
import { type Change, treeOfDirectory, walk } from '../../../src/tree/index.ts'
import { busyboxRoot, hasStaticBusybox } from '../../support/busybox-root.ts'
import { erofsProblem } from '../../support/erofs.ts'
import { change, lines } from '../../support/tree.ts'

const home = await mkdtemp(join(tmpdir(), 'tsbuild-rootfs-'))
const store = await openStore(join(home, 'store'), { now: () => Date.now() })
const overlayXattr = readMachine().inUserNamespace ? 'user' : 'trusted'
const cache = await openCache(store, { now: () => Date.now(), overlayXattr })
const signal = new AbortController().signal
afterAll(async () => {
  options.mounts[Symbol.dispose]()
  await cache.close()
  await store.close()
  await rm(home, { recursive: true, force: true })
})

const notices: string[] = []
const options = {
  path: process.env['PATH'] ?? '',
  notice: (message: string) => void notices.push(message),
  temporary: (prefix: string) => store.temporary(prefix),
  mounts: openLayerMounts(),
}
const layerOf = (changes: Iterable<Change>) => cache.layers.fromChanges(changes, signal)

async function busyboxLayer(): Promise<Layer> {
  const directory = await busyboxRoot(join(home, 'busybox'))
  return layerOf(walk(treeOfDirectory(directory)))
}
const hasRoot = geteuid?.() === 0
const ready = hasStaticBusybox && hasRoot
const busybox = ready ? await busyboxLayer() : undefined
const erofsFault = ready ? await erofsProblem() : 'it takes root'
const sandbox = ready ? await openSandbox('auto', options) : undefined

/** What a shell line on these layers changes, as lines. */
interface Ran {
  readonly changes: readonly string[]
  readonly layer: Layer
  readonly stdout: string
}

/** All ways of making layers a directory give the same layer for the same command. */
describe.each(['erofs', 'overlay', 'copy'] as const)('%s', async (choice) => {
  if (!ready || !busybox || !sandbox) return it.skip('needs root and a static /bin/busybox')
  if (choice === 'erofs' && erofsFault !== '') return it.skip(`EROFS images cannot be mounted here: ${erofsFault}`)
  const provider = await openRootfs(choice, options)

  async function run(line: string, layers: readonly Layer[] = [], mounts: readonly MountOf[] = []): Promise<Ran> {
    const scratch = await store.temporary('test')
    const [files, sandboxScratch] = [join(scratch, 'rootfs'), join(scratch, 'sandbox')]
    for (const folder of [files, sandboxScratch]) await mkdir(folder)
    const targets = mounts.map(({ path, kind }) => ({ path, kind }))
    const prepared = await provider.prepare([busybox as Layer, ...layers], targets, files, signal)
    const heard: string[] = []
    const { exitCode } = await (sandbox as NonNullable<typeof sandbox>).run(
      {
        id: scratch.split('/').at(-1) ?? '',
        rootfs: prepared.rootfs,
        argv: ['sh', '-c', line],
        env: ['PATH=/bin'],
        cwd: '/',
        user: { uid: 0, gid: 0, groups: [] },
        mounts: mounts.map(({ path, mount }) => mount(prepared.targets.get(path) ?? '')),
        network: 'none',
        hostname: 'h',
        insecure: false,
        limits: {},
        scratch: sandboxScratch,
      },
      (_, bytes) => void heard.push(Buffer.from(bytes).toString()),
      signal,
    )
    if (exitCode !== 0) throw new Error(`exit ${exitCode}: ${heard.join('')}`)
    const layer = await prepared.commit(cache.layers)
    await prepared.dispose()
    return { changes: lines(await layer.tree()), layer, stdout: heard.join('') }
  }

  it('new and changed files, with the directories that lead to them', async () => {
    const { changes } = await run('mkdir -p /a/b; echo 1 >/a/b/f; echo app >>/etc/passwd; chmod 600 /etc/hosts')
    expect(changes).toEqual([
      'dir /a',
      'dir /a/b',
      'file /a/b/f',
      'dir /etc',
      'file[mode=600] /etc/hosts',
      'file /etc/passwd',
    ])
  })

  it('a directory that a layer only implies is as the layers below have it', async () => {
    const below = await layerOf([change('dir[mode=2770,gid=7] /shared'), change('dir[mode=1777] /shared/tmp')])
    const above = await layerOf([change('file /shared/tmp/f x')])
    const { stdout, changes } = await run('stat -c "%a %g" /shared /shared/tmp; rm /shared/tmp/f', [below, above])
    expect(stdout).toBe('2770 7\n1777 0\n')
    expect(changes).toEqual(['dir[mode=2770,gid=7] /shared', 'dir[mode=1777] /shared/tmp', 'gone /shared/tmp/f'])
  })

  it('nothing for what stayed as it was', async () => {
    const { changes } = await run('cat /etc/passwd >/tmp/x; rm /tmp/x; chmod 644 /etc/passwd; ls -R / >/dev/null')
    expect(changes.filter((line) => !line.startsWith('dir '))).toEqual([])
  })

  it('whiteouts for what is gone', async () => {
    const { changes } = await run('rm /etc/passwd; rm -r /work')
    expect(changes).toEqual(['dir /etc', 'gone /etc/passwd', 'gone /work'])
  })

  it('a directory that was replaced hides what it had', async () => {
    const below = await layerOf(['dir /d', 'file /d/old x', 'file /d/same y'].map(change))
    const { changes, layer } = await run('rm -r /d; mkdir /d; echo z >/d/same', [below])
    expect(changes).toEqual(['dir /d', 'gone /d/old', 'file /d/same'])
    const { stdout } = await run('ls /d', [below, layer])
    expect(stdout).toBe('same\n')
  })

  it('a file in place of a directory, and the other way round', async () => {
    const below = await layerOf(['dir /d', 'file /d/old x', 'file /f y'].map(change))
    const { changes } = await run('rm -r /d /f; echo 1 >/d; mkdir /f', [below])
    expect(changes).toEqual(['file /d', 'dir /f'])
  })

  it('hard links are one file', async () => {
    const { changes } = await run('cd /work; echo 1 >a; ln a b; ln a c')
    expect(changes).toEqual(['dir /work', 'file /work/a', 'hardlink /work/b = /work/a', 'hardlink /work/c = /work/a'])
  })

  it('symbolic links with any target', async () => {
    const { changes } = await run('ln -s /nowhere /l; ln -s ../../x /m')
    expect(changes).toEqual(['link /l -> /nowhere', 'link /m -> ../../x'])
  })

  it('fifos, devices, setuid and setgid bits, owners', async () => {
    const { changes } = await run(`
      mkfifo /fifo; mknod /chr c 5 1; mknod /blk b 7 0; chmod 640 /chr; chown 1:2 /blk
      mkdir -m 3775 /sg; touch /sg/f; touch /suid; chown 3:4 /suid; chmod 6711 /suid`)
    expect(changes).toEqual([
      'block[uid=1,gid=2] /blk 7:0',
      'char[mode=640] /chr 5:1',
      'fifo /fifo',
      'dir[mode=3775] /sg',
      'file /sg/f',
      'file[mode=6711,uid=3,gid=4] /suid',
    ])
  })

  it('file capabilities stay with a file whose mode changed, and go with its owner', async () => {
    const attribute = Buffer.from('0100000200200000000000000000000000000000', 'hex')
    const capable = (path: string) =>
      ({ ...change(`file[mode=755] ${path} x`), xattrs: new Map([['security.capability', attribute]]) }) as Change
    const below = await layerOf([capable('/a'), capable('/b')])
    const { layer } = await run('chmod 700 /a; chown 5:5 /b', [below])
    const [a, b] = [...walk(await layer.tree())].map((entry) => ('xattrs' in entry ? entry.xattrs : undefined))
    expect(Buffer.from(a?.get('security.capability') ?? []).toString('hex')).toBe(attribute.toString('hex'))
    expect(b).toBeUndefined()
  })

  it('names that are not UTF-8, and with blanks and newlines', async () => {
    const { changes } = await run(`cd /work; touch "$(printf 'a\\377')" "$(printf 'b c\\nd')"`)
    expect(changes).toEqual(['dir /work', 'file /work/a\udcff', 'file /work/b c\nd'])
  })

  describe('places to mount on', () => {
    it('are made, and are not in the layer', async () => {
      const { changes, stdout } = await run(
        'cat /etc/new/conf; ls /a/b/c; stat -c %a /a/b',
        [],
        [await boundFile('/etc/new/conf', 'text\n'), await boundFolder('/a/b/c')],
      )
      expect(stdout).toBe('text\n755\n')
      expect(changes).toEqual([])
    })

    it('leave the directory above as it was, with its times', async () => {
      const below = await layerOf(['dir[mode=750,uid=5,gid=6,mtime=1000] /etc/odd'].map(change))
      const { stdout, changes } = await run(
        'stat -c "%a %u %g %Y" /etc/odd',
        [below],
        [await boundFile('/etc/odd/f', '')],
      )
      expect(stdout).toBe('750 5 6 1000\n')
      expect(changes).toEqual([])
    })

    it('stay as directories when the command put something beside them', async () => {
      const { changes } = await run('touch /a/b/beside', [], [await boundFolder('/a/b/c')])
      expect(changes).toEqual(['dir /a', 'dir /a/b', 'file /a/b/beside'])
    })

    it('cover what the image has, which stays', async () => {
      const { changes, stdout } = await run(
        'cat /etc/passwd; echo x >>/etc/passwd',
        [],
        [await boundFile('/etc/passwd', 'other\n', false)],
      )
      expect(stdout).toBe('other\n')
      expect(changes).toEqual([])
    })

    it('are found through links of the image, never out of it', async () => {
      const below = await layerOf(
        ['link /etc/dangling -> ../../../run/there/f', 'link /opt -> /work/../tmp'].map(change),
      )
      const { changes, stdout } = await run(
        'cat /run/there/f; ls -d /tmp/x',
        [below],
        [await boundFile('/etc/dangling', 'text\n'), await boundFolder('/opt/x')],
      )
      expect(stdout).toBe('text\n/tmp/x\n')
      expect(changes).toEqual([])
    })

    it('in another mount are not made in the image', async () => {
      const cached = await boundFolder('/cache')
      const { changes } = await run('test -d /cache/in', [], [await boundFolder('/cache/in'), cached])
      expect(changes).toEqual([])
    })

    it('D10: removing them follows no link that the command left', async () => {
      const outside = join(home, 'outside')
      await mkdir(join(outside, 'b'), { recursive: true })
      const line = `mv /opt /moved 2>/dev/null; rm -rf /opt 2>/dev/null; ln -s ${outside} /opt 2>/dev/null; true`
      await run(line, [], [await boundFile('/opt/b/c', ''), await boundFolder('/opt/d')])
      expect(await readdir(outside)).toEqual(['b'])
    })

    it.each([
      ['/', 'directory'],
      ['/proc/x', 'directory'],
      ['/sys/x', 'directory'],
      ['/etc', 'file'],
      ['/etc/passwd', 'directory'],
      ['/etc/passwd/x', 'file'],
    ] as const)('refuses %s as a %s', async (path, kind) => {
      await expect(prepare([], [{ path, kind }])).rejects.toMatchObject({ code: 'TSB_SANDBOX_TARGET' })
    })

    it.each(['proc', 'sys', 'dev'])('D06: /%s that is a link of the image is refused', async (name) => {
      const below = await layerOf([change(`link /${name} -> /tmp`)])
      await expect(prepare([below], [])).rejects.toMatchObject({ code: 'TSB_SANDBOX_TARGET' })
    })
  })

  it('/dev, /proc and /sys stay where an image had none', async () => {
    const below = await layerOf(['gone /dev', 'gone /proc', 'gone /sys'].map(change))
    const { changes } = await run('test -e /proc/self', [below])
    expect(changes).toEqual(['dir /dev', 'dir /proc', 'dir /sys'])
  })

  it('the tree is the files below the command', async () => {
    const { tree } = await prepare([await layerOf([change('file /x y')])], [])
    expect(tree.get(change('file /x').path)?.kind).toBe('file')
    expect(tree.get(change('file /etc/passwd').path)?.kind).toBe('file')
  })

  it('no layers at all give an empty root', async () => {
    const prepared = await provider.prepare([], [], await store.temporary('test'), signal)
    const layer = await prepared.commit(cache.layers)
    expect(lines(await layer.tree())).toEqual(['dir /dev', 'dir /proc', 'dir /sys'])
  })

  async function prepare(layers: readonly Layer[], targets: readonly MountTarget[]) {
    return await provider.prepare([busybox as Layer, ...layers], targets, await store.temporary('test'), signal)
  }
})

describe.skipIf(!ready)('where nothing can be mounted', () => {
  const probes = { get: async () => 'no', set: async () => {} }
  const without = { ...options, probes }

  it.each(['erofs', 'overlay'] as const)('%s by name is an error', async (choice) => {
    await expect(openRootfs(choice, without)).rejects.toMatchObject({ code: 'TSB_SNAPSHOTTER_UNAVAILABLE' })
  })

  it('all files are copied, and a notice says so once', async () => {
    notices.length = 0
    expect((await openRootfs('auto', without)).name).toBe('copy')
    expect(notices).toEqual([
      expect.stringMatching(/^every step copies all files, because overlayfs cannot be mounted/),
    ])
  })
})

it.skipIf(!ready || erofsFault !== '')(
  'layers are mounted as they are, where that works, and nothing is unpacked',
  async () => {
    const provider = await openRootfs('auto', options)
    expect(provider.name).toBe('erofs')
    const layers = await Promise.all(['file /a below', 'file /b above'].map((line) => layerOf([change(line)])))
    const tree = (await provider.prepare(layers, [], await store.temporary('test'), signal)).tree
    const lowers = await provider.lowers(layers, tree, await store.temporary('test'))
    expect(lowers.map((lower) => readdirSync(lower))).toEqual([['b'], ['a']])
    expect(lowers.every((lower) => lower.startsWith('/proc/'))).toBe(true)
    expect(await provider.lowers(layers, tree, await store.temporary('test'))).toEqual(lowers)
  },
)

it.skipIf(!ready || erofsFault !== '')('the layer of a step is taken as the directory that it is', async () => {
  const provider = await openRootfs('erofs', options)
  const prepared = await provider.prepare([], [], await store.temporary('test'), signal)
  const layer = await prepared.commit(cache.layers)
  expect(await provider.lowers([layer], prepared.tree, '/nowhere')).toEqual([await layer.directory()])
})

interface MountOf extends MountTarget {
  readonly mount: (target: string) => SandboxMount
}

async function boundFile(path: string, text: string, readOnly = true): Promise<MountOf> {
  const source = join(await mkdtemp(join(home, 'file-')), 'f')
  await writeFile(source, text)
  return { path, kind: 'file', mount: (target) => ({ kind: 'bind', source, target, readOnly }) }
}

async function boundFolder(path: string): Promise<MountOf> {
  const source = await mkdtemp(join(home, 'folder-'))
  return { path, kind: 'directory', mount: (target) => ({ kind: 'bind', source, target, readOnly: false }) }
}
