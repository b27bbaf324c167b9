import { chmodSync, chownSync, mkdirSync, symlinkSync } from 'node:fs'
import path from 'node:path'
import { getuid } from 'node:process'
import { beforeEach, describe, expect, test } from 'vitest'
import { cachesOf } from '../../../src/cli/start/caches.ts'
import { scratch } from '../../support/scratch.ts'

let home = ''
beforeEach(async () => {
  home = path.join(await scratch(), 'home')
  mkdirSync(home)
})
const ownOf = (env: Readonly<Record<string, string>>, cwd = '/') => cachesOf(env, cwd).own

describe('where compiled code is kept', () => {
  test('is in the cache folder of the user, or where NODE_COMPILE_CACHE says', () => {
    expect(ownOf({ HOME: home })).toBe(path.join(home, '.cache/tsbuild/compiled'))
    expect(ownOf({ HOME: '/x', XDG_CACHE_HOME: home })).toBe(path.join(home, 'tsbuild/compiled'))
    expect(ownOf({ HOME: '/x', NODE_COMPILE_CACHE: home })).toBe(home)
  })

  test('is nowhere in a job of a CI that names no folder', () => {
    expect(ownOf({ HOME: home, CI: 'true' })).toBeUndefined()
    expect(ownOf({ HOME: home, XDG_CACHE_HOME: home, GITLAB_CI: 'true' })).toBeUndefined()
    expect(ownOf({ HOME: home, CI: 'true', NODE_COMPILE_CACHE: home })).toBe(home)
    expect(ownOf({ HOME: home, CI: 'false' })).toBeDefined()
  })

  test('is not below the working directory, by whatever name', () => {
    const link = path.join(home, '../link')
    symlinkSync(home, link)
    mkdirSync(path.join(home, '.cache'))
    for (const place of [home, link]) {
      expect(ownOf({ HOME: place }, home)).toBeUndefined()
      expect(ownOf({ XDG_CACHE_HOME: path.join(place, '.cache') }, home)).toBeUndefined()
      expect(ownOf({ NODE_COMPILE_CACHE: path.join(place, '.cache') }, home)).toBeUndefined()
    }
    expect(ownOf({ HOME: home }, path.join(home, 'project'))).toBeDefined()
  })

  test('is in no relative folder', () => {
    for (const name of ['HOME', 'NODE_COMPILE_CACHE']) expect(ownOf({ [name]: 'here' })).toBeUndefined()
    expect(ownOf({ XDG_CACHE_HOME: 'here', HOME: home })).toBe(path.join(home, '.cache/tsbuild/compiled'))
  })

  test.each(['', '.cache', '.cache/tsbuild', '.cache/tsbuild/compiled'])(
    'is not where others may write: ~/%s',
    (name) => {
      const folder = path.join(home, name)
      mkdirSync(folder, { recursive: true })
      chmodSync(folder, 0o757)
      expect(ownOf({ HOME: home })).toBeUndefined()
      chmodSync(folder, 0o755)
      expect(ownOf({ HOME: home })).toBeDefined()
    },
  )

  test.skipIf(getuid?.() !== 0)('is not in the home of another user, as sudo may leave it (needs root)', () => {
    chownSync(home, 12_345, 12_345)
    expect(ownOf({ HOME: home })).toBeUndefined()
    chownSync(home, 0, 0)
    mkdirSync(path.join(home, '.cache'))
    chownSync(path.join(home, '.cache'), 12_345, 12_345)
    expect(ownOf({ HOME: home })).toBeUndefined()
  })

  test('with NODE_DISABLE_COMPILE_CACHE nothing is used, what was installed neither', () => {
    expect(cachesOf({ HOME: home, NODE_DISABLE_COMPILE_CACHE: '1' }, '/')).toEqual({ own: undefined, installed: false })
    expect(cachesOf({ HOME: home, CI: '1' }, '/')).toEqual({ own: undefined, installed: true })
  })
})
