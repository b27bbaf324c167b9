import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { OrderedMap } from '../../src/planner/ordered-map.ts'

const changes = fc.array(
  fc.record({ name: fc.integer({ min: 0, max: 30 }).map(String), value: fc.nat(), last: fc.boolean() }),
  { maxLength: 300 },
)

describe('an ordered map', () => {
  it('keeps the place of a name, or moves it to the end, as a Map does', () => {
    fc.assert(
      fc.property(changes, (steps) => {
        const expected = new Map<string, number>()
        let map = OrderedMap.empty<number>()
        for (const { name, value, last } of steps) {
          if (last) expected.delete(name)
          expected.set(name, value)
          map = last ? map.withLast(name, value) : map.with(name, value)
        }
        expect([...map]).toEqual([...expected])
        expect([...map.keys()]).toEqual([...expected.keys()])
        for (const [name, value] of expected) expect(map.get(name)).toBe(value)
      }),
    )
  })

  it('is what it was after others were made of it', () => {
    const before = OrderedMap.empty<string | undefined>().with('a', '1').with('b', undefined)
    before.with('a', '2').withLast('a', '3').with('c', '4')
    expect([...before]).toEqual([
      ['a', '1'],
      ['b', undefined],
    ])
    expect([before.has('b'), before.has('c')]).toEqual([true, false])
  })

  it('is not slowed down by the order that names come in', () => {
    let map = OrderedMap.empty<number>()
    for (let i = 0; i < 20_000; i++) map = map.with(String(i).padStart(6, '0'), i).withLast('x', i)
    expect([...map.keys()].slice(-2)).toEqual(['019999', 'x'])
  })
})
