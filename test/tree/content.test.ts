import { spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  appendFileSync,
  linkSync,
  mkdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { TsbuildError } from '../../src/errors.ts'
import {
  digestOfContent,
  type FileEntry,
  readContent,
  readSmall,
  treeOfDirectory,
  treePath,
} from '../../src/tree/index.ts'
import { scratch } from '../support/scratch.ts'
import { change } from '../support/tree.ts'

const changed = expect.objectContaining({ code: 'TSB_FILE_CHANGED' })

async function listed(
  content: string | Buffer,
): Promise<{ readonly directory: string; readonly path: string; readonly file: FileEntry }> {
  const directory = await scratch()
  const path = join(directory, 'f')
  writeFileSync(path, content)
  return { directory, path, file: treeOfDirectory(directory).get(treePath('f')) as FileEntry }
}

async function read(file: FileEntry): Promise<Buffer> {
  const parts: Uint8Array[] = []
  for await (const part of readContent(file)) parts.push(part)
  return Buffer.concat(parts)
}

async function readIfFile(directory: string): Promise<string> {
  try {
    const entry = treeOfDirectory(directory).get(treePath('f'))
    if (entry?.kind !== 'file') return 'no file'
    return (await read(entry)).toString().trim()
  } catch (error) {
    if (error instanceof TsbuildError) return error.code
    throw error
  }
}

describe('readContent', () => {
  it('gives the bytes of a file, small or large', async () => {
    expect((await read((await listed('hi')).file)).toString()).toBe('hi')
    const large = Buffer.alloc(3_000_001, 'abc')
    expect((await read((await listed(large)).file)).equals(large)).toBe(true)
    expect(await read((await listed('')).file)).toHaveLength(0)
  })

  it('gives a part of a file', async () => {
    const { path, file } = await listed('0123456789')
    const part: FileEntry = { ...file, size: 4, content: { kind: 'host', path, offset: 3 } }
    expect((await read(part)).toString()).toBe('3456')
  })

  it('gives bytes in memory', async () => {
    expect((await read(change('file /f hello') as FileEntry)).toString()).toBe('hello')
  })

  for (const size of [10, 1_000_000]) {
    it(`C03 another file in its place is refused (${size} bytes)`, async () => {
      const { directory, path, file } = await listed(Buffer.alloc(size))
      writeFileSync(join(directory, 'g'), Buffer.alloc(size, 'x'))
      renameSync(join(directory, 'g'), path)
      await expect(read(file)).rejects.toThrow(changed)
    })

    it(`C03 a link in its place is not followed (${size} bytes)`, async () => {
      const { directory, path, file } = await listed(Buffer.alloc(size))
      linkSync(path, join(directory, 'same'))
      rmSync(path)
      symlinkSync('same', path)
      await expect(read(file)).rejects.toThrow(changed)
    })

    it(`C03 a directory above it that became a link out is noticed, before or after it was listed (${size} bytes)`, async () => {
      for (const swapBefore of ['d', 'd/f']) {
        const directory = await scratch()
        for (const name of ['c/d', 'outside']) {
          mkdirSync(join(directory, name), { recursive: true })
          writeFileSync(join(directory, name, 'f'), Buffer.alloc(size, name))
        }
        const tree = treeOfDirectory(join(directory, 'c'))
        tree.get(treePath('d'))
        const listed = swapBefore === 'd/f' ? tree.get(treePath('d/f')) : undefined
        renameSync(join(directory, 'c/d'), join(directory, 'c/away'))
        symlinkSync('../outside', join(directory, 'c/d'))
        const entry = listed ?? tree.get(treePath('d/f'))
        await expect(read(entry as FileEntry)).rejects.toThrow(changed)
        await expect(digestOfContent(entry as FileEntry)).rejects.toThrow(changed)
      }
    })

    it(`C21 a file that grew or shrank since it was listed is refused (${size} bytes)`, async () => {
      const grown = await listed(Buffer.alloc(size))
      appendFileSync(grown.path, 'more')
      await expect(read(grown.file)).rejects.toThrow(changed)
      const shrunk = await listed(Buffer.alloc(size))
      truncateSync(shrunk.path, size - 5)
      await expect(read(shrunk.file)).rejects.toThrow(changed)
    })
  }

  it('C03 while a file and a link to a secret change places, only the file is ever read', async () => {
    const directory = await scratch()
    writeFileSync(join(directory, 'canary'), 'CANARY')
    const swap = `const { renameSync, symlinkSync, writeFileSync } = require('node:fs')
      for (let i = 0; i < 300; i++) {
        writeFileSync('n', 'honest')
        renameSync('n', 'f')
        symlinkSync('canary', 'm')
        renameSync('m', 'f')
      }`
    const swapper = spawn(process.execPath, ['-e', swap], { cwd: directory })
    const ended = once(swapper, 'exit')
    const seen = new Set<string>()
    try {
      while (swapper.exitCode === null) {
        seen.add(await readIfFile(directory))
        await new Promise((resolve) => setImmediate(resolve))
      }
    } finally {
      swapper.kill()
      await ended
    }
    expect([...seen].filter((text) => !['honest', '', 'no file', 'TSB_FILE_CHANGED'].includes(text))).toEqual([])
  })

  it('F05 other bytes under the same size and time are noticed', async () => {
    const { path, file } = await listed('one')
    await new Promise((resolve) => setTimeout(resolve, 30))
    writeFileSync(path, 'two')
    utimesSync(path, file.mtime, file.mtime)
    await expect(read(file)).rejects.toThrow(changed)
  })

  it('refuses a file that is gone, or ends too early', async () => {
    const { path, file } = await listed('12345')
    await expect(read({ ...file, size: 9, content: { kind: 'host', path, offset: 0 } })).rejects.toThrow(changed)
    rmSync(path)
    await expect(read(file)).rejects.toThrow(changed)
  })
})

describe('readSmall', () => {
  it('reads up to the limit, and no file above it', async () => {
    const file = change('file /f 12345') as FileEntry
    expect(Buffer.from(await readSmall(file, 5)).toString()).toBe('12345')
    await expect(readSmall(file, 4)).rejects.toThrow(expect.objectContaining({ code: 'TSB_FILE_TOO_LARGE' }))
  })
})
