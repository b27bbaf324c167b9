import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { writeFresh } from '../../src/store/index.ts'
import { openWorkspace } from '../support/workspace.ts'

async function* inPieces(pieces: readonly Uint8Array[]): AsyncIterable<Uint8Array> {
  yield* pieces
}

const empty = new Uint8Array(0)

test.each([
  ['nothing', []],
  ['nothing but empty pieces', [empty, empty]],
  ['more small pieces than one call takes', Array.from({ length: 5000 }, (_, i) => Buffer.from(`${i},`))],
  ['large pieces between empty ones', [empty, Buffer.alloc(3_000_000, 'ab'), empty, Buffer.alloc(700_000, 'c'), empty]],
])('a file has all bytes of its pieces, in their order: %s', async (_, pieces) => {
  await using workspace = await openWorkspace()
  for (const how of ['go', 'stay'] as const) {
    const file = await writeFresh(workspace.directory, inPieces(pieces), how)
    expect(readFileSync(file).equals(Buffer.concat(pieces))).toBe(true)
  }
})

test('a piece that is written to once it was taken is written as it was', async () => {
  await using workspace = await openWorkspace()
  const memory = Buffer.alloc(1000)
  async function* overAndOver(): AsyncIterable<Uint8Array> {
    for (const letter of 'abc') yield memory.fill(letter)
  }
  const file = await writeFresh(workspace.directory, overAndOver())
  expect(readFileSync(file, 'utf8')).toBe(['a', 'b', 'c'].map((letter) => letter.repeat(1000)).join(''))
})
