import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { tarOfFiles } from '../../src/export/tar-of-files.ts'
import { scratch } from '../support/scratch.ts'

it.each([0, 1, 2, 3, 5, 8])('lets go when nobody reads on, %d turns after the last piece', async (turns) => {
  const size = 3 * 2 ** 20
  const file = join(await scratch(), 'blob')
  await writeFile(file, Buffer.alloc(size, 1))
  for (const pieces of [1, 2, 3, 4, 6, 9]) {
    const tar = tarOfFiles(new Map([['blobs/sha256/a', { file, size }]]))
    for (let piece = 0; piece < pieces; piece++) await tar.next()
    for (let turn = 0; turn < turns; turn++) await setImmediate()
    expect(await tar.return()).toEqual({ done: true, value: undefined })
  }
})

it('waits for room in a large file without a warning of listeners that stay', async () => {
  const warnings: Error[] = []
  const listen = (warning: Error) => warnings.push(warning)
  process.on('warning', listen)
  const size = 32 * 2 ** 20
  const file = join(await scratch(), 'blob')
  await writeFile(file, Buffer.alloc(size, 1))
  let received = 0
  for await (const piece of tarOfFiles(new Map([['blobs/sha256/a', { file, size }]]))) {
    received += piece.length
    await setImmediate()
  }
  await setImmediate()
  process.off('warning', listen)
  expect(received).toBeGreaterThan(size)
  expect(warnings).toEqual([])
})
