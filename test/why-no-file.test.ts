import { mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { whyNoFile, whyNoFolder } from '../src/why-no-file.ts'
import { scratch } from './support/scratch.ts'

test('a file can be in a directory that is there, files of a directory in one that is not', async () => {
  const folder = await scratch()
  symlinkSync('nothing', join(folder, 'link'))
  expect(whyNoFile(join(folder, 'new'))).toBeUndefined()
  expect(whyNoFile(join(folder, 'link'))).toBeUndefined()
  expect(whyNoFile('/dev/null')).toBeUndefined()
  expect([folder, join(folder, 'a/b')].map(whyNoFolder)).toEqual([undefined, undefined])
  expect(readdirSync(folder)).toEqual(['link'])
})

test('says why not, and leaves nothing', async () => {
  const folder = await scratch()
  const file = join(folder, 'file')
  writeFileSync(file, '')
  mkdirSync(join(folder, 'directory'))
  expect(whyNoFile('')).toBe('that names no file')
  expect(whyNoFile(join(folder, 'directory'))).toBe('that is a directory')
  expect(whyNoFile(join(folder, 'no/file'))).toBe(`there is no directory ${folder}/no`)
  expect(whyNoFile(join(file, 'below'))).toBe('a part of that path is no directory')
  expect(whyNoFile('/proc/nothing')).toBe('nothing new can be made in /proc')
  expect(whyNoFolder('/proc/nothing/here')).toBe('nothing new can be made in /proc')
  expect(whyNoFolder(join(file, 'below'))).toBe(`${file} is no directory`)
  expect(readdirSync(folder)).toEqual(['directory', 'file'])
})
