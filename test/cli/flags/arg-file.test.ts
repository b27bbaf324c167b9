import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { readArgFile } from '../../../src/cli/flags/arg-file.ts'

const folder = mkdtempSync(join(tmpdir(), 'tsbuild-args-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function readText(text: string): readonly string[] {
  const file = join(folder, 'args')
  writeFileSync(file, text)
  return readArgFile(file)
}

test('each line is an argument, but for blank ones and comments', () => {
  expect(readText('\ufeffA=1\r\n\n  # note\n  B=two words # kept\nC\nD=\n')).toEqual([
    'A=1',
    'B=two words # kept',
    'C',
    'D=',
  ])
  expect(readText('')).toEqual([])
})

test('a file that is not there is refused', () => {
  expect(() => readArgFile(join(folder, 'none'))).toThrow('cannot be read')
  expect(() => readArgFile(folder)).toThrow('cannot be read')
})
