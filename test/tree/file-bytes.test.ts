import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { fileBytes } from '../../src/tree/index.ts'
import { scratch } from '../support/scratch.ts'

it.each([0, 1, 2 ** 19, 2 ** 19 + 1, 3_000_000])(
  'a file of %i bytes is read from the first to the last',
  async (size) => {
    const bytes = Buffer.from(Array.from({ length: size }, (_, at) => (at * 7 + (at >> 8)) & 255))
    const file = join(await scratch(), 'file')
    await writeFile(file, bytes)
    const found: Buffer[] = []
    for await (const piece of fileBytes(file)) found.push(Buffer.from(piece))
    expect(Buffer.concat(found).equals(bytes)).toBe(true)
  },
)

it('a file that is left early is closed, one that is not there is an error', async () => {
  const file = join(await scratch(), 'file')
  await writeFile(file, Buffer.alloc(2_000_000))
  for await (const _ of fileBytes(file)) break
  await expect(fileBytes(`${file}.not`).next()).rejects.toMatchObject({ code: 'ENOENT' })
})
