import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { getXattr, listXattrs, lockFile, makeNode, removeXattr, setXattr } from '../src/syscalls.ts'
import { scratch } from './support/scratch.ts'

const code = (expected: string) => expect.objectContaining({ code: expected })

async function file(): Promise<string> {
  const path = join(await scratch(), 'file')
  writeFileSync(path, '')
  return path
}

describe('extended attributes', () => {
  it('are set, listed, read and removed', async () => {
    const path = await file()
    expect(listXattrs(path)).toBeUndefined()
    setXattr(path, 'user.one', Buffer.from('1'))
    setXattr(path, 'user.empty', Buffer.alloc(0))
    expect(listXattrs(path)).toEqual(
      new Map([
        ['user.one', new Uint8Array([49])],
        ['user.empty', new Uint8Array()],
      ]),
    )
    removeXattr(path, 'user.empty')
    expect(getXattr(path, 'user.empty')).toBeUndefined()
    expect(getXattr(path, 'user.one')).toEqual(new Uint8Array([49]))
  })

  it('a failure is thrown as one of Node: with its code, its call and the path', async () => {
    const path = join(await scratch(), 'nothing')
    expect(() => getXattr(path, 'user.one')).toThrow(
      expect.objectContaining({ code: 'ENOENT', syscall: 'llistxattr', path }),
    )
    expect(() => setXattr(path, 'user.one', Buffer.alloc(0))).toThrow(code('ENOENT'))
    expect(() => makeNode(join(path, 'fifo'), 0o10644)).toThrow(code('ENOENT'))
    expect(() => lockFile(999_999, 'shared', false)).toThrow(code('EBADF'))
  })

  it('the code is that of the call, however busy the garbage collector is', async () => {
    const path = await file()
    const garbage: unknown[] = []
    const codes = new Set<unknown>()
    for (let i = 0; i < 30_000; i++) {
      garbage[i % 10_000] = { i, list: [i, i] }
      try {
        removeXattr(path, 'user.none')
      } catch (error) {
        codes.add((error as NodeJS.ErrnoException).code)
      }
    }
    expect(codes).toEqual(new Set(['ENODATA']))
  })
})
