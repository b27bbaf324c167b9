import {
  appendFileSync,
  chmodSync,
  chownSync,
  mkdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { geteuid } from 'node:process'
import { describe, expect, it } from 'vitest'
import { signsOf } from '../../src/tree/index.ts'
import { scratch } from '../support/scratch.ts'

async function folder(): Promise<string> {
  const path = join(await scratch(), 'folder')
  mkdirSync(join(path, 'a'), { recursive: true })
  writeFileSync(join(path, 'a/file'), 'text')
  writeFileSync(Buffer.concat([Buffer.from(`${path}/`), Buffer.from([0xff])]), 'a name that is no text')
  symlinkSync('a', join(path, 'link'))
  return path
}

describe('the signs of a folder', () => {
  it.each<[string, (path: string) => void]>([
    ['bytes', (path) => appendFileSync(join(path, 'a/file'), 'x')],
    [
      'bytes, with size and time as before',
      (path) => {
        utimesSync(join(path, 'a/file'), 1, 1)
        writeFileSync(join(path, 'a/file'), 'texT')
        utimesSync(join(path, 'a/file'), 1, 1)
      },
    ],
    ['a mode', (path) => chmodSync(join(path, 'a'), 0o700)],
    ['a new name', (path) => writeFileSync(join(path, 'a/new'), '')],
    ['a name that goes', (path) => rmSync(Buffer.concat([Buffer.from(`${path}/`), Buffer.from([0xff])]))],
    [
      'another file of the same name',
      (path) => {
        renameSync(join(path, 'a/file'), join(path, 'a/old'))
        writeFileSync(join(path, 'a/file'), 'text')
        rmSync(join(path, 'a/old'))
      },
    ],
  ])('change with %s', async (_, change) => {
    const path = await folder()
    const before = signsOf(path)
    expect(signsOf(path)).toBe(before)
    change(path)
    expect(signsOf(path)).not.toBe(before)
  })

  it.skipIf(geteuid?.() !== 0)('change with the owner of a folder in it', async () => {
    const path = await folder()
    const before = signsOf(path)
    chownSync(join(path, 'a'), 7, 0)
    expect(signsOf(path)).not.toBe(before)
  })

  it('stay when it is renamed; what is not there has none', async () => {
    const path = await folder()
    const before = signsOf(path)
    renameSync(path, `${path}2`)
    expect(signsOf(`${path}2`)).toBe(before)
    expect([signsOf(path), signsOf(join(`${path}2`, 'a/file/x'))]).toEqual(['', ''])
  })
})
