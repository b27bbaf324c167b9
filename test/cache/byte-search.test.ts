import fc from 'fast-check'
import { expect, test } from 'vitest'
import { openByteSearch } from '../../src/cache/byte-search.ts'

/** Letters of so small an alphabet that beginnings of what is looked for are everywhere. */
const text = (lengths: { readonly minLength: number; readonly maxLength: number }) =>
  fc.array(fc.constantFrom('a', 'b'), lengths).map((letters) => letters.join(''))

test('what is looked for is found, and nothing else, however the bytes are cut', () => {
  const pieces = fc.array(text({ minLength: 0, maxLength: 9 }), { maxLength: 12 })
  const forms = fc.array(text({ minLength: 1, maxLength: 6 }), { minLength: 1, maxLength: 3 })
  const check = (cut: readonly string[], looked: readonly string[]) => {
    const whole = cut.join('')
    const search = openByteSearch([{ name: 'one', forms: looked.map((form) => Buffer.from(form)) }])
    for (const piece of cut) search.push(Buffer.from(piece))
    const at = search.found.get('one')
    expect(at !== undefined).toBe(looked.some((form) => whole.includes(form)))
    if (at !== undefined) expect(looked.some((form) => whole.startsWith(form, at))).toBe(true)
  }
  fc.assert(fc.property(pieces, forms, check), { seed: 5, numRuns: 1000 })
})

test('memory that is used again for the next piece is no trouble', () => {
  const search = openByteSearch([{ name: 'key', forms: [Buffer.from('0123456789')] }])
  const memory = Buffer.from('x01234')
  search.push(memory)
  memory.write('56789y')
  search.push(memory)
  expect(search.found).toEqual(new Map([['key', 1]]))
})
