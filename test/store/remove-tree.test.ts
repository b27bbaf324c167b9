import { chmod, mkdir, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { execPath } from 'node:process'
import { describe, expect, it } from 'vitest'
import { openStore, removeTree } from '../../src/store/index.ts'
import { hasProgram, runProgram } from '../support/programs.ts'
import { scratch } from '../support/scratch.ts'

const isRoot = (await stat('/proc/self')).uid === 0
const removeTreeFile = new URL('../../src/store/remove-tree.ts', import.meta.url).href

describe('removeTree', () => {
  it('F10: removes links, not what they lead to', async () => {
    const [root, outside] = [await scratch(), await scratch()]
    await writeFile(join(outside, 'canary'), 'CANARY')
    await mkdir(join(root, 'x/deep'), { recursive: true })
    await symlink(outside, join(root, 'x/deep/link'))
    await symlink(join(outside, 'canary'), join(root, 'x/file-link'))
    expect(await removeTree(join(root, 'x'))).toBe(true)
    expect(await readdir(root)).toEqual([])
    expect(await readFile(join(outside, 'canary'), 'utf8')).toBe('CANARY')
  })

  it('removes directories that nobody may read, and names that are not UTF-8', async () => {
    const root = await scratch()
    await mkdir(join(root, 'x/shut'), { recursive: true })
    await writeFile(Buffer.concat([Buffer.from(join(root, 'x/shut/')), Buffer.from([0xff, 0xfe])]), '')
    await chmod(join(root, 'x/shut'), 0)
    expect(await removeTree(join(root, 'x'))).toBe(true)
    expect(await readdir(root)).toEqual([])
  })

  it('takes nothing for removed', async () => {
    expect(await removeTree(join(await scratch(), 'none'))).toBe(true)
  })

  it.skipIf(!isRoot || !hasProgram('unshare'))(
    'F10: stays out of mounts (skipped without root and unshare)',
    async () => {
      const [root, outside] = [await scratch(), await scratch()]
      await writeFile(join(outside, 'canary'), 'CANARY')
      await mkdir(join(root, 'x/a b/mounted'), { recursive: true })
      await writeFile(join(root, 'x/goes'), '')
      const script =
        'mount --bind "$1" "$2/x/a b/mounted" && "$3" --input-type=module -e "$4" "$2/x" && ls "$2/x/a b/mounted"'
      const program = `
      const { removeTree } = await import(${JSON.stringify(removeTreeFile)})
      if (await removeTree(process.argv[1])) process.exit(9)`
      const left = runProgram(
        'unshare',
        '--mount',
        '--propagation=private',
        'sh',
        '-c',
        script,
        'sh',
        outside,
        root,
        execPath,
        program,
      )
      expect(left).toBe('canary\n')
      expect(await readdir(join(root, 'x'))).toEqual(['a b'])
      expect(await readFile(join(outside, 'canary'), 'utf8')).toBe('CANARY')
    },
  )
})

describe('other users', () => {
  it.skipIf(!isRoot || !hasProgram('setpriv'))(
    'A19 cannot reach what is in the store (skipped without root and setpriv)',
    async () => {
      const root = await scratch()
      await chmod(root, 0o755)
      const store = await openStore(join(root, 'store'), { now: Date.now })
      const { digest } = await store.blobs.write(Buffer.from('CANARY'))
      const asOther = () =>
        runProgram('setpriv', '--reuid=65534', '--regid=65534', '--clear-groups', 'cat', store.blobs.path(digest))
      expect(asOther).toThrow(/Permission denied/)
      await store.close()
    },
  )
})
