import { appendFileSync, mkdirSync, readFileSync, renameSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { sha256 } from '../../../src/digest/index.ts'
import {
  type Change,
  type FileEntry,
  openFillThread,
  type TarFileOptions,
  treeOfDirectory,
  treePath,
  walk,
  writeTar,
  writeTarFile,
} from '../../../src/tree/index.ts'
import { collect } from '../../support/collect.ts'
import { scratch } from '../../support/scratch.ts'
import { change } from '../../support/tree.ts'

const thread = openFillThread()
afterAll(() => thread.close())

async function written(changes: readonly Change[], options: TarFileOptions = {}) {
  const path = join(await scratch(), 'tar')
  await using file = await open(path, 'wx+')
  const result = await writeTarFile(changes, file, options)
  return { ...result, bytes: readFileSync(path) }
}

/** A directory with more than a thread is started for, in files of all sizes around those of a slab. */
async function muchToRead() {
  const directory = await scratch()
  const sizes = [0, 1, 511, 512, 513, 262_143, 262_144, 262_145, 1_048_575, 1_048_576, 1_048_577, 5_000_001, 30_000_000]
  for (const size of sizes) writeFileSync(join(directory, `s${size}`), Buffer.alloc(size, `${size} bytes `))
  mkdirSync(join(directory, 'many'))
  for (let at = 0; at < 300; at++) writeFileSync(join(directory, 'many', `f${at}`), `${at}`.repeat(at * 10))
  return { directory, changes: [...walk(treeOfDirectory(directory))] }
}

const isFile = (entry: Change): entry is FileEntry => entry.kind === 'file'

describe('writeTarFile', () => {
  it('tells the digest and size of the tar, and digest and place of each file', async () => {
    const changes = ['dir /d', 'file /d/a first', 'file /é second'].map(change)
    const { bytes, diffId, size, files } = await written(changes)
    expect([diffId, size]).toEqual([sha256(bytes), bytes.length])
    const texts = ['first', 'second']
    expect(files.map(({ digest }) => digest)).toEqual(texts.map((text) => sha256(text)))
    expect(files.map(({ offset }, at) => bytes.toString('utf8', offset, offset + (texts[at]?.length ?? 0)))).toEqual(
      texts,
    )
  })

  for (const [name, options] of [
    ['alone', {}],
    ['with a thread', { thread }],
  ] as const) {
    it(`gives the bytes of writeTar for files of any size, ${name}`, async () => {
      const { changes } = await muchToRead()
      const { bytes, diffId, files } = await written(changes, options)
      expect(diffId).toBe(sha256(await collect(writeTar(changes))))
      expect(diffId).toBe(sha256(bytes))
      for (const [at, file] of changes.filter(isFile).entries()) {
        const { digest, offset } = files[at] ?? { digest: undefined, offset: 0 }
        expect([file.path, digest]).toEqual([file.path, sha256(bytes.subarray(offset, offset + file.size))])
      }
    })

    for (const path of ['s30000000', 'many/f7']) {
      it(`C21 refuses a file that grew, shrank or was replaced since it was listed: ${path}, ${name}`, async () => {
        for (const harm of [
          (place: string) => appendFileSync(place, 'x'),
          (place: string) => truncateSync(place, 3),
          (place: string) => renameSync(join(place, '..', path.includes('/') ? 'f8' : 's5000001'), place),
          (place: string) => {
            renameSync(place, `${place}.old`)
            symlinkSync(`${place}.old`, place)
          },
          (place: string) => {
            renameSync(place, `${place}.old`)
            mkdirSync(place)
          },
        ]) {
          const { directory, changes } = await muchToRead()
          harm(join(directory, path))
          const refused = expect.objectContaining({ code: 'TSB_FILE_CHANGED', message: expect.stringContaining(path) })
          const only = changes.filter((entry) => !isFile(entry) || !/f8|s5000001/.test(entry.path))
          await expect(written(only, options)).rejects.toEqual(refused)
        }
      })
    }
  }

  it('tells of each file in order, with its digest, and is ended by what the told one throws', async () => {
    const { changes } = await muchToRead()
    for (const options of [{}, { thread }]) {
      const told: unknown[] = []
      const { files } = await written(changes, { ...options, read: ({ path }, digest) => told.push([path, digest]) })
      expect(told).toEqual(changes.filter(isFile).map(({ path }, at) => [path, files[at]?.digest]))
      const read = () => {
        throw new Error('not that one')
      }
      await expect(written(changes, { ...options, read })).rejects.toThrow('not that one')
    }
  })

  it('writes several tars at once with one thread', async () => {
    const { changes } = await muchToRead()
    const all = await Promise.all([1, 2, 3].map(() => written(changes, { thread })))
    expect(new Set(all.map(({ diffId }) => diffId)).size).toBe(1)
  })

  it('stops when it is aborted', async () => {
    const signal = AbortSignal.abort(new Error('stopped'))
    await expect(written([change('file /a x')], { signal })).rejects.toThrow('stopped')
  })

  it('says what the system says when the file cannot be written', async () => {
    const path = join(await scratch(), 'tar')
    writeFileSync(path, '')
    await using file = await open(path, 'r')
    await expect(writeTarFile([change('file /a x')], file)).rejects.toMatchObject({ code: 'EBADF' })
  })
})

describe('a copy of the bytes of a file', () => {
  async function fileAndCopy(copied: string) {
    const directory = await scratch()
    writeFileSync(join(directory, 'f'), 'right')
    writeFileSync(join(directory, 'copy'), `--${copied}--`)
    const file = treeOfDirectory(directory).get(treePath('f')) as FileEntry
    return { file, copy: { path: join(directory, 'copy'), offset: 2, digest: sha256('right') }, directory }
  }
  const taken = async (file: FileEntry, options: TarFileOptions) => {
    const { files, bytes } = await written([file], options)
    return [files[0]?.digest, bytes.toString('utf8', 512, 517)]
  }

  it('is taken instead of the file', async () => {
    const { file, copy, directory } = await fileAndCopy('right')
    writeFileSync(join(directory, 'f'), 'never read')
    expect(await taken(file, { copyOf: () => copy })).toEqual([sha256('right'), 'right'])
  })

  it('is not believed: with another digest, too short or gone, the file is read', async () => {
    for (const copied of ['wrong', '']) {
      const { file, copy } = await fileAndCopy(copied)
      expect(await taken(file, { copyOf: () => copy })).toEqual([sha256('right'), 'right'])
    }
    const { file, copy } = await fileAndCopy('')
    const gone = { ...copy, path: `${copy.path}.gone` }
    expect(await taken(file, { copyOf: () => gone })).toEqual([sha256('right'), 'right'])
  })
})
