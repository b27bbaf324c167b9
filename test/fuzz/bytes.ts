import fc from 'fast-check'

const place = fc.double({ min: 0, max: 1, noNaN: true })
const damage = fc.record({
  how: fc.constantFrom('set', 'set', 'flip', 'cut', 'double', 'insert', 'end', 'block', 'zero'),
  at: place,
  to: place,
  bytes: fc.uint8Array({ minLength: 1, maxLength: 12 }),
})
type Damage = typeof damage extends fc.Arbitrary<infer T> ? T : never

/** Some of these bytes, damaged at up to `most` places. */
export function damagedBytes(samples: fc.Arbitrary<Buffer>, most: number): fc.Arbitrary<Buffer> {
  return fc
    .tuple(samples, fc.array(damage, { maxLength: most }))
    .map(([bytes, changes]) => changes.reduce(damaged, bytes))
}

function damaged(bytes: Buffer, { how, at, to, bytes: put }: Damage): Buffer {
  const from = Math.floor(at * bytes.length)
  // Mostly short, so that something stays.
  const end = Math.min(bytes.length, from + Math.ceil(to ** 4 * bytes.length))
  const [before, part, after] = [bytes.subarray(0, from), bytes.subarray(from, end), bytes.subarray(end)]
  switch (how) {
    case 'set':
      return Buffer.concat([before, put, bytes.subarray(from + put.length)])
    case 'flip':
      return Buffer.concat([before, Buffer.of((bytes[from] ?? 0) ^ (put[0] ?? 1)), bytes.subarray(from + 1)])
    case 'cut':
      return Buffer.concat([before, after])
    case 'double':
      return Buffer.concat([before, part, part, after])
    case 'insert':
      return Buffer.concat([before, put, part, after])
    case 'end':
      return before
    case 'block':
      return withBlock(bytes, from, Math.floor(to * bytes.length))
    case 'zero':
      return Buffer.concat([before, Buffer.alloc(part.length), after])
  }
}

/** A block of 512 bytes put once more in front of another one. */
function withBlock(bytes: Buffer, from: number, to: number): Buffer {
  const [start, target] = [from - (from % 512), to - (to % 512)]
  return Buffer.concat([bytes.subarray(0, target), bytes.subarray(start, start + 512), bytes.subarray(target)])
}
