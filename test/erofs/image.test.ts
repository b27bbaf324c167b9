import { describe, expect, it } from 'vitest'
import { erofsImage, NotIndexableError } from '../../src/erofs/index.ts'
import type { Change } from '../../src/tree/index.ts'
import { change } from '../support/tree.ts'

const tar = { name: '0'.repeat(64), size: 1 << 20 }
const image = (...changes: readonly Change[]) => Buffer.from(erofsImage(changes, tar, 'make'))
const inTar = (line: string, size: number, offset: number) =>
  ({ ...change(line), size, content: { kind: 'host', path: '', offset } }) as Change
const notIndexable = (...changes: readonly Change[]) => expect(() => image(...changes)).toThrow(NotIndexableError)

describe('erofsImage', () => {
  it('gives the same bytes for the same changes, in whole blocks, whatever the order of siblings', () => {
    const said = ['dir /a', 'file /a/z text', 'link /l -> a', 'gone /x'].map(change)
    const bytes = image(...said)
    expect(bytes.length % 512).toBe(0)
    expect(image(...said)).toEqual(bytes)
    const [a, z, l, x] = said as [Change, Change, Change, Change]
    expect(image(a, z, l, x).length).toBe(image(x, l, a, z).length)
  })

  it('has the name of the tar, and its length in blocks', () => {
    const bytes = Buffer.from(erofsImage([], { name: '12'.repeat(32), size: 1025 }, 'make'))
    expect(bytes.readUInt32LE(1024)).toBe(0xe0f5e1e2)
    expect(bytes.subarray(1024 + 48, 1024 + 64).toString('hex')).toBe('12'.repeat(16))
    expect(bytes.toString('latin1', 1152, 1152 + 64)).toBe('12'.repeat(32))
    expect(bytes.readUInt32LE(1152 + 64)).toBe(3)
  })

  it('needs little for a file of the time that most have', () => {
    const files = (mtime: (index: number) => number) =>
      Array.from({ length: 1000 }, (_, index) => inTar(`file[mtime=${mtime(index)}] /f${index}`, 5, 512))
    expect(image(...files(() => 7)).length).toBeLessThan(0.8 * image(...files((index) => index)).length)
  })

  it('leaves out device nodes where they are not to be made', () => {
    const lines = [change('char /null 1:3'), change('fifo /p')]
    expect(Buffer.from(erofsImage(lines, tar, 'skip')).includes('null')).toBe(false)
    expect(image(...lines).includes('null')).toBe(true)
  })

  describe('refuses', () => {
    it.each([
      ['a name of 256 bytes', [change(`file /${'n'.repeat(256)}`)]],
      ['a link of 4096 bytes', [change(`link /l -> ${'t'.repeat(4096)}`)]],
      ['a hard link to nothing', [change('hardlink /l = /f')]],
      ['a hard link to a directory', [change('dir /f'), change('hardlink /l = /f')]],
      ['a hard link to a hard link that leads nowhere', [change('hardlink /a = /b'), change('hardlink /b = /a')]],
      ['two of one name', [change('file /a'), change('dir /a')]],
      ['a file that is a directory too', [change('file /a'), change('file /a/b')]],
      ['the root in the midst', [change('file /a'), change('dir /')]],
      ['bytes that begin within a block', [inTar('file /a', 5, 513)]],
      ['bytes behind the end of the tar', [inTar('file /a', 5, 1 << 20)]],
      ['a block that the tar has a part of', [inTar('file /a', (1 << 20) - 4, 512)]],
      ['a device that Linux has not', [change('char /a 4096:0')]],
      ['a value of 64 KiB', [withXattr('user.a', 65_536)]],
      ['a name of an attribute of 256 bytes', [withXattr(`user.${'a'.repeat(251)}`, 1)]],
    ])('%s', (_, changes) => notIndexable(...changes))

    it('a tar of more blocks than can be counted', () => {
      const withTar = (size: number) => erofsImage([], { name: tar.name, size }, 'make')
      expect(withTar((2 ** 32 - 1) * 512).length).toBeGreaterThan(0)
      expect(() => withTar(2 ** 32 * 512)).toThrow(NotIndexableError)
    })

    it('more names of a file than its inode can count', () => {
      const links = Array.from({ length: 65_535 }, (_, index) => change(`hardlink /l${index} = /a`))
      const all = [change('file /a'), ...links]
      expect(erofsImage(all.slice(0, -1), tar, 'make').length).toBeGreaterThan(0)
      expect(() => erofsImage(all, tar, 'make')).toThrow(NotIndexableError)
    })
  })
})

function withXattr(name: string, size: number): Change {
  return { ...change('file /a'), xattrs: new Map([[name, Buffer.alloc(size)]]) } as Change
}
