import { text } from 'node:stream/consumers'
import { expect, it } from 'vitest'
import { readTwice } from '../../src/store/index.ts'

async function* letters(word: string) {
  for (const letter of word) yield Buffer.from(letter)
}

it('both readers see all bytes, large ones too', async () => {
  async function* large() {
    for (let i = 0; i < 40; i++) yield Buffer.alloc(300_000, i)
  }
  let kept = 0
  const keep = async (bytes: AsyncIterable<Uint8Array>) => {
    for await (const piece of bytes) kept += piece.length
  }
  const used = await readTwice(large(), keep, async (bytes) => {
    let size = 0
    for await (const piece of bytes) {
      await new Promise((resolve) => setImmediate(resolve))
      size += piece.length
    }
    return size
  })
  expect([kept, used]).toEqual([12_000_000, 12_000_000])
})

it('the one may be at most a MiB and a piece ahead of the other', async () => {
  let [kept, used, ahead] = [0, 0, 0]
  async function* large() {
    for (let i = 0; i < 100; i++) yield Buffer.alloc(100_000)
  }
  const keep = async (bytes: AsyncIterable<Uint8Array>) => {
    for await (const piece of bytes) {
      kept += piece.length
      ahead = Math.max(ahead, kept - used)
    }
  }
  await readTwice(large(), keep, async (bytes) => {
    for await (const piece of bytes) {
      await new Promise((resolve) => setTimeout(resolve, 1))
      used += piece.length
    }
  })
  expect(ahead).toBeLessThanOrEqual(2 ** 20 + 300_000)
})

it.each([
  ['before it reads', () => Promise.reject(new RangeError('no'))],
  [
    'while it reads',
    async (bytes: AsyncIterable<Uint8Array>) => {
      for await (const _ of bytes) throw new RangeError('no')
    },
  ],
])('a keeper that fails %s fails it all, and its error counts', async (_, keep) => {
  await expect(readTwice(letters('word'), keep, text)).rejects.toThrow('no')
  await expect(readTwice(letters('word'), keep, () => Promise.reject(new Error('mine')))).rejects.toThrow('no')
})

it('a keeper that stops early leaves nothing that looks whole to the other reader', async () => {
  const keep = async (bytes: AsyncIterable<Uint8Array>) => void (await bytes[Symbol.asyncIterator]().next())
  await expect(readTwice(letters('word'), keep, text)).rejects.toThrow('the bytes ended early')
})
