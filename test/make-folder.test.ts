import { statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { makeFolder } from '../src/make-folder.ts'
import { scratch } from './support/scratch.ts'

test('makes what is missing above, and says whether there was anything to make', async () => {
  const folder = join(await scratch(), 'a/b/c')
  expect([makeFolder(folder), makeFolder(folder)]).toEqual([true, false])
  expect(statSync(folder).isDirectory()).toBe(true)
})

test('ends with an error where no directory can be made', async () => {
  const file = join(await scratch(), 'file')
  writeFileSync(file, '')
  expect(() => makeFolder('/proc/nothing/here')).toThrow(expect.objectContaining({ code: 'ENOENT' }))
  expect(() => makeFolder(join(file, 'below'))).toThrow(expect.objectContaining({ code: 'ENOTDIR' }))
})
