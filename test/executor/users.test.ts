import { describe, expect, it } from 'vitest'
import { resolveOwner, resolveProcessUser } from '../../src/executor/users.ts'
import { tree } from '../support/tree.ts'

const image = tree(
  'file /etc/passwd root:x:0:0::/root:/bin/sh\napp:x:1234:77::/srv:/bin/sh\nodd line\n',
  'file /etc/group root:x:0:\nstaff:x:50:app,root\nusers:x:100:\n',
)
const code = (name: string) => expect.objectContaining({ code: name })

describe('--chown', () => {
  const owner = async (spec: string) => {
    const unknown: string[] = []
    const { uid, gid } = await resolveOwner(spec, image, (name) => void unknown.push(name))
    return [uid, gid, ...unknown]
  }

  it.each([
    ['9', [9, 9]],
    ['9:10', [9, 10]],
    ['app', [1234, 77]],
    ['app:users', [1234, 100]],
    ['9:users', [9, 100]],
    [':33', [0, 33]],
    ['9:', [9, 0]],
    ['app:', [1234, 0]],
    ['app:users:x', [1234, 77, 'users:x']],
    ['nobody', [0, 0, 'nobody']],
    ['9:nogroup', [9, 9, 'nogroup']],
  ])('%s is %j', async (spec, expected) => {
    expect(await owner(spec)).toEqual(expected)
  })

  it('refuses a number that no user can have', async () => {
    await expect(owner('4294967295')).rejects.toThrow(code('TSB_USER_RANGE'))
  })

  it('D32 refuses a row of the image with such a number, when it is asked for', async () => {
    const odd = tree(
      'file /etc/passwd app:x:1:1::/:\nbig:x:4294967296:1::/:\nwide:x:1:4294967296::/:\n',
      'file /etc/group app:x:1:\nbig:x:4294967297:app\n',
    )
    const [found, range] = [{ uid: 1, gid: 1 }, code('TSB_USER_RANGE')]
    expect(await resolveOwner('app', odd, () => {})).toMatchObject(found)
    for (const spec of ['big', 'wide', 'app:big', '0:big']) {
      await expect(
        resolveOwner(spec, odd, () => {}),
        spec,
      ).rejects.toThrow(range)
      await expect(resolveProcessUser(spec, odd), spec).rejects.toThrow(range)
    }
    await expect(resolveProcessUser('app', odd)).rejects.toThrow(range)
    expect(await resolveProcessUser('app:app', odd)).toMatchObject(found)
  })
})

describe('USER', () => {
  it.each([
    ['', { uid: 0, gid: 0, groups: [0, 50], home: '/root' }],
    ['app', { uid: 1234, gid: 77, groups: [77, 50], home: '/srv' }],
    ['1234', { uid: 1234, gid: 77, groups: [77, 50], home: '/srv' }],
    ['app:users', { uid: 1234, gid: 100, groups: [100], home: '/srv' }],
    ['4711', { uid: 4711, gid: 0, groups: [0], home: '/' }],
  ])('%j has the groups of the image and its home', async (spec, expected) => {
    expect(await resolveProcessUser(spec, image)).toEqual(expected)
  })

  it('has the home of the first with its number', async () => {
    const twins = tree('file /etc/passwd a:x:5:6::/a:\nb:x:5:7::/b:\nc:x:8:8:::\n')
    expect(await resolveProcessUser('b', twins)).toMatchObject({ gid: 7, home: '/a' })
    expect(await resolveProcessUser('c', twins)).toMatchObject({ home: '' })
  })

  it('is an error when the name is not in the image', async () => {
    await expect(resolveProcessUser('nobody', image)).rejects.toThrow(code('TSB_UNKNOWN_USER'))
    await expect(resolveProcessUser('app:nogroup', image)).rejects.toThrow(code('TSB_UNKNOWN_GROUP'))
  })

  it('D15: an account file that is a link stays in the image, and what is no file is refused', async () => {
    const linked = tree('link /etc/passwd -> ../../../accounts', 'file /accounts x:x:8:9::/x:/bin/sh\n')
    expect(await resolveProcessUser('x', linked)).toMatchObject({ uid: 8, gid: 9 })
    await expect(resolveProcessUser('x', tree('fifo /etc/passwd'))).rejects.toThrow(code('TSB_ACCOUNT_FILE'))
  })
})
