import { gzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { createRandom, fillWithNoise } from '../../bench/random.ts'
import { sha256 } from '../../src/digest/index.ts'

test('text of one seed is the same on every machine', () => {
  expect(sha256(createRandom(7).text(100_000))).toMatchInlineSnapshot(
    `"sha256:c9815de193b9583adc5726ffb6d88a8531b12b339d192bc0486229891dc1cc56"`,
  )
})

test('text has the length that is asked for, and another seed gives other text', () => {
  const random = createRandom(1)
  expect([0, 1, 16, 5 << 20].map((bytes) => random.text(bytes).length)).toEqual([0, 1, 16, 5 << 20])
  expect(createRandom(2).text(64)).not.toBe(createRandom(3).text(64))
})

test('text compresses as source code does: to something between a third and a half', () => {
  const text = createRandom(7).text(1 << 20)
  const part = gzipSync(text).length / text.length
  expect(part).toBeGreaterThan(0.3)
  expect(part).toBeLessThan(0.5)
})

test('noise of one seed is the same, does not compress, and differs from that of the next', () => {
  const [one, same, other] = [5, 5, 6].map((seed) => {
    const block = new Uint32Array(1 << 16)
    fillWithNoise(block, seed)
    return Buffer.from(block.buffer)
  })
  if (!one || !same || !other) throw new Error('no blocks')
  expect(one.equals(same)).toBe(true)
  expect(one.equals(other)).toBe(false)
  expect(gzipSync(one).length).toBeGreaterThan(one.length)
})
