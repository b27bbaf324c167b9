import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { enterUserNamespace, namespaceNote } from '../../src/cli/namespace.ts'
import { missingRoot, storeRoot } from '../../src/cli/root.ts'
import { findOrdinaryUser, noOrdinaryUser } from '../support/ordinary-user.ts'

const script = join(import.meta.dirname, '../support/programs/enter-namespace.ts')
const user = findOrdinaryUser(script)

/** Runs the script as that user; it ends with 7. */
function enter(path: string) {
  const { uid, gid, name, home } = user ?? { uid: 0, gid: 0, name: '', home: '' }
  const env = { PATH: path, HOME: home, USER: name }
  const ran = spawnSync(process.execPath, [script, 'a b', '--c'], { uid, gid, env, encoding: 'utf8' })
  expect(ran.stderr).toBe('')
  expect(ran.status).toBe(7)
  return JSON.parse(ran.stdout)
}

describe.skipIf(!user)(`a user who is not root (${user ? user.name : noOrdinaryUser})`, () => {
  test('becomes root of a namespace with all ids of /etc/subuid; process, words, status and store stay', () => {
    const found = enter('/usr/bin:/bin')
    expect(found).toMatchObject({
      kind: 'ranges',
      uid: 0,
      words: ['a b', '--c'],
      root: '/store of user',
      samePid: true,
    })
    expect(found.map.slice(0, 3)).toEqual([0, user?.uid, 1])
    expect(found.map[5]).toBeGreaterThan(60_000)
  })

  test('has one id where newuidmap is missing', () => {
    const directory = mkdtempSync(join(tmpdir(), 'tsbuild-path-'))
    onTestFinished(() => rmSync(directory, { recursive: true }))
    for (const name of ['unshare', 'true']) symlinkSync(`/usr/bin/${name}`, join(directory, name))
    spawnSync('chmod', ['755', directory])
    expect(enter(directory)).toMatchObject({ kind: 'single', uid: 0, map: [0, user?.uid, 1], samePid: true })
  })
})

/** The words of a shell that runs others as that user in a changed root, where the kernel refuses user namespaces. */
function inChangedRoot(directory: string, ...words: readonly string[]) {
  const line = 'who=$1; shift; mount --rbind / "$0" && exec chroot "--userspec=$who" "$0" "$@"'
  return ['--mount', '--propagation=private', 'sh', '-c', line, directory, `${user?.uid}:${user?.gid}`, ...words]
}

test.skipIf(!user)(
  `where user namespaces are refused nothing hangs, and nothing is left (${noOrdinaryUser})`,
  async () => {
    const directory = mkdtempSync(join(tmpdir(), 'tsbuild-root-'))
    onTestFinished(() => rmSync(directory, { recursive: true }))
    const mark = `mark-${process.pid}-${Date.now()}`
    const env = { PATH: '/usr/bin:/bin:/usr/sbin:/sbin', MARK: mark }
    const words = inChangedRoot(directory, process.execPath, script, 'a')
    const { status, stdout, stderr } = spawnSync('unshare', words, { env, encoding: 'utf8', timeout: 20_000 })
    expect({ status, stderr }).toEqual({ status: 7, stderr: '' })
    expect(JSON.parse(stdout)).toMatchObject({ kind: 'none', problem: expect.stringContaining('unshare failed') })
    const left = () =>
      readdirSync('/proc').filter((id) => /^\d+$/.test(id) && environmentOf(id).includes(`MARK=${mark}`))
    await expect.poll(left).toEqual([])
  },
)

function environmentOf(id: string): string {
  try {
    return readFileSync(`/proc/${id}/environ`, 'utf8')
  } catch {
    return ''
  }
}

test('root stays where it is', () => {
  const env = { PATH: '/usr/bin' }
  expect(enterUserNamespace({ command: ['never'], env, uid: 0, root: '/r' })).toBeUndefined()
})

test('inside the namespace nothing is entered again', () => {
  const env = { TSBUILD_USER_NAMESPACE: 'single' }
  expect(enterUserNamespace({ command: ['never'], env, uid: 1000, root: '/r' })).toEqual({ kind: 'single' })
})

test('a user is told what cannot be done', () => {
  expect(namespaceNote('single')).toContain('/etc/subuid')
  expect(namespaceNote('none')).toContain('need root')
  expect(namespaceNote('ranges')).toBeUndefined()
  expect(namespaceNote(undefined)).toBeUndefined()
})

describe('the store is', () => {
  const facts = { env: {}, cwd: '/work', uid: 1000, home: '/home/u' }
  test.each([
    ['where --root says', { ...facts, flag: 'store', env: { TSBUILD_ROOT: '/x' } }, '/work/store'],
    ['where TSBUILD_ROOT says', { ...facts, env: { TSBUILD_ROOT: '/x', XDG_DATA_HOME: '/d' } }, '/x'],
    ['one of the system for root', { ...facts, uid: 0 }, '/var/lib/tsbuild'],
    ['in XDG_DATA_HOME', { ...facts, env: { XDG_DATA_HOME: '/d' } }, '/d/tsbuild'],
    ['in the home', facts, '/home/u/.local/share/tsbuild'],
  ])('%s', (_title, given, root) => {
    expect(storeRoot(given)).toBe(root)
  })

  test('missed by who looks into one that was named, and made by a build', () => {
    const env = { TSBUILD_ROOT: '/nowhere' }
    const warning = (name: string) => `WARNING: there is no store at /nowhere, which ${name} names: a build makes it\n`
    const missed = (command: string, flag?: string, variables = {}, root = '/nowhere') =>
      (['begins', 'failed'] as const).map((state) => missingRoot(command, state, root, { flag, env: variables }))
    expect(missed('images', undefined, env)).toEqual([warning('TSBUILD_ROOT'), ''])
    expect(missed('images', '/nowhere', env)).toEqual([warning('--root'), ''])
    expect(missed('ps', '/nowhere')).toEqual([warning('--root'), ''])
    expect(missed('history', '/nowhere')).toEqual(['', warning('--root')])
    for (const none of [missed('images'), missed('images', '/', {}, '/'), missed('build', '/nowhere')]) {
      expect(none).toEqual(['', ''])
    }
  })

  test('nowhere when --root is empty, whatever TSBUILD_ROOT says', () => {
    const given = { ...facts, flag: '', env: { TSBUILD_ROOT: '/x' } }
    expect(() => storeRoot(given)).toThrow('--root names no directory')
  })
})
