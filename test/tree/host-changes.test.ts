import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import {
  type Change,
  directoryChanges,
  type LayerBudget,
  type OverlayMarks,
  takeInventory,
  treeOfDirectory,
  upperChanges,
} from '../../src/tree/index.ts'
import { scratch } from '../support/scratch.ts'
import { lines } from '../support/tree.ts'

/** What is there before each command. */
const base = `
  mkdir -p etc var/log var/lib/app usr/bin
  echo root > etc/passwd; echo old > etc/motd; echo x > var/lib/app/a; echo y > var/lib/app/b
  ln -s ../etc/passwd usr/bin/pw; echo tool > usr/bin/tool; ln usr/bin/tool usr/bin/tool2
  chmod 755 usr/bin/tool; touch -d @1000 etc/passwd etc/motd var/lib/app/a var/lib/app/b usr/bin/tool
  touch -h -d @1000 usr/bin/pw
`

type Way = (command: string, budget?: LayerBudget) => Promise<readonly Change[]>

/** Runs a command in a mount of overlayfs that is gone with the command's namespaces. */
const byOverlay =
  (namespaces: readonly string[], marks: OverlayMarks): Way =>
  async (command, budget) => {
    const root = await scratch()
    for (const name of ['lower', 'upper', 'work', 'merged']) mkdirSync(join(root, name), { mode: 0o755 })
    sh(join(root, 'lower'), base)
    const options = `lowerdir=lower,upperdir=upper,workdir=work,${optionsFor[marks]}`
    const mounted = `set -e; umask 022; mount -t overlay overlay -o ${options} merged; cd merged; ${command}`
    execFileSync('unshare', [...namespaces, '--mount', 'sh', '-c', mounted], { cwd: root })
    return upperChanges(join(root, 'upper'), marks, treeOfDirectory(join(root, 'lower')), budget)
  }

const optionsFor = { trusted: 'redirect_dir=off,metacopy=off,index=off', user: 'userxattr' }

/** Runs a command in a plain copy. */
const byCopy: Way = async (command, budget) => {
  const root = await scratch()
  for (const name of ['lower', 'copy']) mkdirSync(join(root, name), { mode: 0o755 })
  sh(join(root, 'lower'), base)
  execFileSync('cp', ['-a', 'lower/.', 'copy'], { cwd: root })
  const inventory = takeInventory(join(root, 'copy'))
  sh(join(root, 'copy'), command)
  return directoryChanges(inventory, join(root, 'copy'), treeOfDirectory(join(root, 'lower')), budget)
}

function sh(directory: string, script: string): void {
  execFileSync('sh', ['-ec', `umask 022; ${script}`], { cwd: directory })
}

function canRun(program: string, ...args: readonly string[]): boolean {
  return spawnSync(program, args, { stdio: 'ignore' }).status === 0
}

const isRoot = process.getuid?.() === 0
const userNamespace = ['--user', '--map-root-user']
const ways: readonly (readonly [name: string, way: Way, runs: boolean])[] = [
  ['overlay', byOverlay([], 'trusted'), isRoot && canRun('unshare', '--mount', 'true')],
  [
    'overlay in a user namespace',
    byOverlay(userNamespace, 'user'),
    canRun('unshare', ...userNamespace, '--mount', 'true'),
  ],
  ['copy', byCopy, true],
]

for (const [name, changesOf, runs] of ways) {
  describe.skipIf(!runs)(`changes by ${name}${runs ? '' : ' (this machine allows no such mount)'}`, () => {
    const changes = async (command: string) => lines(await changesOf(command))

    it('nothing changed: no changes', async () => {
      expect(await changes(':')).toEqual([])
    })

    it('an added file comes with the directories that lead to it', async () => {
      expect(await changes('echo hi > var/log/new')).toEqual(['dir /var', 'dir /var/log', 'file /var/log/new'])
    })

    it('new bytes of the same length and time are a change', async () => {
      expect(await changes('echo new > etc/motd; touch -d @1000 etc/motd')).toEqual(['dir /etc', 'file /etc/motd'])
    })

    it('a file that was only opened for writing, or written with what it had, is no change', async () => {
      expect(await changes('echo old > etc/motd; touch -d @1000 etc/motd')).toEqual([])
    })

    it('a new time alone is a change of a file', async () => {
      expect(await changes('touch -d @2000 etc/motd')).toEqual(['dir /etc', 'file /etc/motd'])
    })

    it('a file made and removed again leaves nothing', async () => {
      expect(await changes('touch etc/x; rm etc/x; mkdir -p a/b; rm -r a')).toEqual([])
    })

    it('mode and owner alone are changes', async () => {
      const command = 'chmod 600 etc/motd; chmod 700 var/log; ln -sfn /etc/passwd usr/bin/pw'
      expect(await changes(command)).toEqual([
        'dir /etc',
        'file[mode=600] /etc/motd',
        'dir /usr',
        'dir /usr/bin',
        'link /usr/bin/pw -> /etc/passwd',
        'dir /var',
        'dir[mode=700] /var/log',
      ])
    })

    it('the root is there when it changed itself', async () => {
      expect((await changesOf('chmod 700 .')).map((change) => change.path)).toEqual([''])
      expect((await changesOf('touch x')).map((change) => change.path)).toEqual(['x'])
    })

    it('what was removed is a whiteout, a whole directory one', async () => {
      expect(await changes('rm etc/motd; rm -r var/lib')).toEqual([
        'dir /etc',
        'gone /etc/motd',
        'dir /var',
        'gone /var/lib',
      ])
    })

    it('a directory removed and made again hides by whiteouts what it had', async () => {
      expect(await changes('rm -r var/lib/app; mkdir var/lib/app; echo z > var/lib/app/c')).toEqual([
        'dir /var',
        'dir /var/lib',
        'dir /var/lib/app',
        'gone /var/lib/app/a',
        'gone /var/lib/app/b',
        'file /var/lib/app/c',
      ])
    })

    it('B06 a directory becomes a file, and a file a directory', async () => {
      expect(
        await changes('rm -r var/lib; echo f > var/lib; rm etc/motd; mkdir etc/motd; echo g > etc/motd/g'),
      ).toEqual(['dir /etc', 'dir /etc/motd', 'file /etc/motd/g', 'dir /var', 'file /var/lib'])
    })

    it('new hard links are links, also to a file that was there (then as a file of its own)', async () => {
      expect(await changes('echo n > var/n; ln var/n var/log/m; ln etc/passwd etc/passwd-')).toEqual([
        'dir /etc',
        'file /etc/passwd-',
        'dir /var',
        'dir /var/log',
        'file /var/log/m',
        'hardlink /var/n = /var/log/m',
      ])
    })

    it('a moved directory is gone in one place and new in the other', async () => {
      expect(await changes('mv var/lib/app var/app')).toEqual([
        'dir /var',
        'dir /var/app',
        'file /var/app/a',
        'file /var/app/b',
        'dir /var/lib',
        'gone /var/lib/app',
      ])
    })

    it('D35: a layer has as many entries and bytes as its budget, and no more', async () => {
      const command = 'mkdir d; echo 1234567 > d/a; ln d/a d/b; ln -s a d/c; truncate -s 8 d/hole; rm etc/motd'
      // The directories, two files and a hard link, a symbolic link and a whiteout.
      const fits = { entries: 7, unpackedBytes: 16 }
      expect(await changesOf(command, fits)).toHaveLength(7)
      for (const less of [{ entries: 6 }, { unpackedBytes: 15 }]) {
        const refused = changesOf(command, { ...fits, ...less })
        await expect(refused).rejects.toMatchObject({ code: 'TSB_LAYER_BUDGET' })
      }
    })

    it('names that are no text, and setuid bits, survive', async () => {
      expect(await changes(`touch "$(printf 'odd\\377')"; cp usr/bin/tool su; chmod 4755 su`)).toEqual([
        'file /odd\udcff',
        'file[mode=4755] /su',
      ])
    })

    it.skipIf(!isRoot || name.includes('user'))('fifos, devices, owners and capabilities survive', async () => {
      const capability = 'AQAAAgAgAAAAAAAAAAAAAAAAAAA='
      const found = await changesOf(
        `mkfifo p; mknod -m 600 null c 1 3; mknod loop b 7 0; chown 1:2 etc/motd; chown -h 3:4 usr/bin/pw; echo c > cap;
         python3 -c "import os,base64; os.setxattr('cap','security.capability',base64.b64decode('${capability}'))"`,
      )
      expect(lines(found.filter((change) => !('xattrs' in change)))).toEqual([
        'dir /etc',
        'file[uid=1,gid=2] /etc/motd',
        'block /loop 7:0',
        'char[mode=600] /null 1:3',
        'fifo /p',
        'dir /usr',
        'dir /usr/bin',
        'link[uid=3,gid=4] /usr/bin/pw -> ../etc/passwd',
      ])
      const [cap] = found.filter((change) => 'xattrs' in change)
      expect(cap).toMatchObject({
        path: 'cap',
        xattrs: new Map([['security.capability', Buffer.from(capability, 'base64')]]),
      })
    })
  })
}
