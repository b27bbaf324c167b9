import { appendFile, mkdir, rename, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { openFileDigests } from '../../src/cache/file-digests.ts'
import { openStatIndex } from '../../src/cache/stat-index.ts'
import { sha256 } from '../../src/digest/index.ts'
import { type FileEntry, treeOfDirectory, treePath } from '../../src/tree/index.ts'
import { scratch } from '../support/scratch.ts'

/** Later than any file of a test could have been written. */
const later = () => Date.now() + 60_000

describe('file digests', () => {
  it('knows an unchanged file without reading it, also in a later process', async () => {
    const { folder, path } = await file('hello')
    const first = digests(folder, later)
    expect(await first.digest(entry(path))).toBe(sha256('hello'))
    await first.close()
    const unreadable = await unreadableTwin(path)
    const second = digests(folder, later)
    expect(await second.digest(unreadable)).toBe(sha256('hello'))
    expect(second.digest(unreadable)).toBe(sha256('hello'))
  })

  it('reads a file again that was written to, or replaced by another', async () => {
    const { folder, path } = await file('hello')
    const memo = digests(folder, later)
    await memo.digest(entry(path))
    await appendFile(path, '!')
    expect(await memo.digest(entry(path))).toBe(sha256('hello!'))
    await writeFile(`${path}.new`, 'HELLO!')
    await rename(`${path}.new`, path)
    expect(await memo.digest(entry(path))).toBe(sha256('HELLO!'))
  })

  it('F05 does not trust a file that was written just before it was read', async () => {
    const { folder, path } = await file('aaaaa')
    const before = await stat(path)
    const first = digests(folder, Date.now)
    await first.digest(entry(path))
    await first.close()
    await writeFile(path, 'bbbbb')
    await utimes(path, before.atime, before.mtime)
    const second = digests(folder, Date.now)
    expect(await second.digest(await withStatOf(path, entry(path)))).toBe(sha256('bbbbb'))
    expect(await second.digest(entry(path))).toBe(sha256('bbbbb'))
  })

  it('F05 a time set back does not hide a change', async () => {
    const { folder, path } = await file('aaaaa')
    const { atime, mtime } = await stat(path)
    const memo = digests(folder, later)
    await memo.digest(entry(path))
    await new Promise((done) => setTimeout(done, 20))
    await writeFile(path, 'bbbbb')
    await utimes(path, atime, mtime)
    expect(await memo.digest(entry(path))).toBe(sha256('bbbbb'))
  })

  it('says what this process has seen, trusted or not', async () => {
    const { folder, path } = await file('hello')
    const memo = digests(folder, () => 0)
    expect(memo.seen(entry(path))).toBeUndefined()
    await memo.digest(entry(path))
    expect(memo.seen(entry(path))).toBe(sha256('hello'))
  })

  it('takes a damaged index for an empty one', async () => {
    const { folder, path } = await file('hello')
    for (const damage of ['', 'x', 'y'.repeat(1000)]) {
      await writeFile(join(folder, 'stat-index'), damage)
      const memo = digests(folder, later)
      expect(await memo.digest(entry(path))).toBe(sha256('hello'))
      await memo.close()
    }
  })

  it('keeps the entries of another process that saved in between', async () => {
    const folder = await scratch()
    await mkdir(join(folder, 'files'))
    const paths = ['a', 'b'].map((name) => join(folder, 'files', name))
    for (const path of paths) await writeFile(path, path)
    const [one, two] = [digests(folder, later), digests(folder, later)]
    const [a = '', b = ''] = paths
    await one.digest(entry(a))
    await two.digest(entry(b))
    await one.close()
    await two.close()
    const third = digests(folder, later)
    for (const path of paths) expect(await third.digest(await unreadableTwin(path))).toBe(sha256(path))
  })

  it('forgets in time what is of no use', async () => {
    const { folder, path } = await file('hello')
    const other = await file('other')
    const daysOn = (days: number) => () => later() + days * 86_400_000
    const use = async (when: () => number, ...entries: readonly FileEntry[]) => {
      const memo = digests(folder, when)
      for (const each of entries) await memo.digest(each)
      await memo.close()
    }
    await use(later, entry(path), entry(other.path))
    await use(daysOn(40), entry(path))
    await use(daysOn(70), entry(path))
    const last = digests(folder, daysOn(70))
    expect(await last.digest(await unreadableTwin(path))).toBe(sha256('hello'))
    await expect(last.digest(await unreadableTwin(other.path))).rejects.toMatchObject({ code: 'TSB_FILE_CHANGED' })
  })

  it('finds each of many files', async () => {
    const folder = await scratch()
    await mkdir(join(folder, 'files'))
    const names = Array.from({ length: 1200 }, (_, i) => `f${i}`)
    for (const name of names) await writeFile(join(folder, 'files', name), name)
    const tree = treeOfDirectory(join(folder, 'files'))
    const all = names.map((name) => tree.get(treePath(name))).filter((found) => found?.kind === 'file')
    const memo = digests(folder, later)
    for (const found of all) await memo.digest(found)
    await memo.close()
    const again = digests(folder, later)
    await rm(join(folder, 'files'), { recursive: true })
    for (const found of all) expect(await again.digest(found)).toBe(sha256(found.path))
    expect(all.length).toBe(1200)
  })
})

function digests(folder: string, now: () => number) {
  return openFileDigests((today) => openStatIndex(join(folder, 'stat-index'), today, async () => folder), now)
}

async function file(text: string): Promise<{ readonly folder: string; readonly path: string }> {
  const folder = await scratch()
  const path = join(folder, 'file')
  await writeFile(path, text)
  return { folder, path }
}

function entry(path: string): FileEntry {
  const found = treeOfDirectory(join(path, '..')).get(treePath(path.slice(path.lastIndexOf('/') + 1)))
  if (found?.kind !== 'file') throw new Error(`no file ${path}`)
  return found
}

/** The file as it is listed, but with its bytes where there are none: it cannot have been read. */
async function unreadableTwin(path: string): Promise<FileEntry> {
  const found = entry(path)
  return found.content.kind === 'host' ? { ...found, content: { ...found.content, path: '/nonexistent' } } : found
}

async function withStatOf(path: string, found: FileEntry): Promise<FileEntry> {
  expect((await stat(path)).size).toBe(found.size)
  return found
}
