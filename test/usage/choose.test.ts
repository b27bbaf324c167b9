import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { bytesNeeded, bytesUsed, choose, type PruneRules } from '../../src/usage/choose.ts'
import { bytesOf, type Entry } from '../../src/usage/entry.ts'
import { tries } from '../support/fuzz.ts'

const hour = 3_600_000
const now = 1000 * hour
const all: PruneRules = { all: true, matches: () => true }

describe('what is chosen', () => {
  it('without -a leaves what an image with a name shares, and what only saves time', () => {
    const entries = [
      entry('own'),
      entry('shared', { shared: [part('shared', 5)] }),
      entry('memo', { type: 'internal' }),
    ]
    expect(idsOf(choose(entries, { ...all, all: false }, { now, free: 0 }))).toEqual(['own'])
    expect(idsOf(choose(entries, all, { now, free: 0 }))).toEqual(['own', 'shared', 'memo'])
  })

  it('what images need is in no limit: their own, and what they share', () => {
    const entries = [entry('own'), entry('both', { shared: [part('both', 5)] }), entry('image', { kept: true })]
    expect([bytesUsed(entries), bytesNeeded(entries)]).toEqual([20, 15])
  })

  it('goes by what was used least recently, and takes a leaf before what it stands on', () => {
    const entries = [
      entry('base', { lastUsed: 1 }),
      entry('old leaf', { lastUsed: 2, parents: ['base'] }),
      entry('new leaf', { lastUsed: 9, parents: ['base'] }),
      entry('other', { lastUsed: 5 }),
    ]
    expect(idsOf(choose(entries, all, { now, free: 0 }))).toEqual(['old leaf', 'other', 'new leaf', 'base'])
    expect(idsOf(choose(entries, { ...all, maxUsed: 20 }, { now, free: 0 }))).toEqual(['old leaf', 'other'])
  })

  it('is old enough with what stands on it', () => {
    const entries = [entry('base', { lastUsed: 0 }), entry('leaf', { lastUsed: now - hour, parents: ['base'] })]
    expect(choose(entries, { ...all, unusedFor: 2 * hour }, { now, free: 0 })).toEqual([])
    expect(idsOf(choose(entries, { ...all, unusedFor: hour }, { now, free: 0 }))).toEqual(['leaf', 'base'])
  })

  it.each([
    [{ maxUsed: 25 }, 0, 20],
    [{ maxUsed: 30 }, 0, 30],
    [{ minFree: 15 }, 3, 10],
    [{ minFree: 15 }, 15, 30],
    [{ maxUsed: 0, reserved: 10 }, 0, 10],
    [{ maxUsed: 5, minFree: 1000, reserved: 20 }, 0, 20],
    [{ reserved: 20 }, 0, 20],
    [{ maxUsed: 25, minFree: 15 }, 3, 10],
  ])('by %j with %i bytes free leaves %i of 30', (limits, free, left) => {
    const entries = ['a', 'b', 'c'].map((id, i) => entry(id, { lastUsed: i }))
    const gone = choose(entries, { ...all, ...limits }, { now, free }).map((each) => each.entry)
    expect(bytesUsed(entries) - bytesUsed(gone)).toBe(left)
  })

  it('beside others is only what is noted at each use, and was not since an hour before they began', () => {
    const entries = [
      entry('old', { lastUsed: now - 10 * hour, noted: true }),
      entry('in hand, perhaps', { lastUsed: now - 5.5 * hour, noted: true }),
      entry('not noted', { lastUsed: 0 }),
    ]
    expect(idsOf(choose(entries, all, { now, free: 0, othersSince: now - 5 * hour }))).toEqual(['old'])
  })

  it('is never what a named image or one that stays needs, in any store, and a limit holds', () => {
    const stores = fc.array(
      fc.record({
        lastUsed: fc.integer({ min: 0, max: 5 }),
        below: fc.array(fc.nat(), { maxLength: 3 }),
        kind: fc.constantFrom('layer', 'shared', 'image', 'named'),
        bytes: fc.integer({ min: 0, max: 20 }),
      }),
      { maxLength: 12 },
    )
    const limits = fc.record({ maxUsed: fc.option(fc.nat(100), { nil: undefined }), without: fc.nat(12) })
    fc.assert(
      fc.property(stores, limits, (shapes, { maxUsed, without }) => {
        const entries = shapes.map(({ below, kind, lastUsed, bytes }, i) => {
          const layers = [...shapes.keys()].filter((j) => j < i && !isImage(shapes[j]?.kind))
          const ids = layers.length === 0 ? [] : below.map((number) => `${layers[number % layers.length]}`)
          return entry(`${i}`, {
            lastUsed,
            kept: kind === 'named',
            parts: kind === 'named' ? [] : [part(`${i}`, bytes)],
            ...(kind === 'shared' && { shared: [part('pinned', 1)] }),
            ...(isImage(kind) ? { type: 'image' as const, holds: kind === 'named' ? [] : ids } : { parents: ids }),
          })
        })
        const matches = ({ id }: Entry) => id !== `${without}`
        const gone = choose(entries, { all: true, matches, maxUsed }, { now, free: 0 }).map((each) => each.entry)
        const stay = entries.filter((each) => !gone.includes(each))
        expect(gone.filter(({ kept, id }) => kept || id === `${without}`)).toEqual([])
        for (const { holds } of stay.filter(({ kept, type }) => !kept && type === 'image')) {
          expect(gone.filter(({ id }) => holds.includes(id))).toEqual([])
        }
        const left = stay.filter((each) => matches(each) && bytesOf(each.parts) > 0 && !isHeldBy(stay, each))
        if (bytesUsed(stay) > (maxUsed ?? -1)) expect(left).toEqual([])
        const last = gone.at(-1)
        if (last && maxUsed !== undefined) expect(bytesUsed(stay) + bytesOf(last.parts)).toBeGreaterThan(maxUsed)
      }),
      tries(300),
    )
  })
})

function isImage(kind: string | undefined): boolean {
  return kind === 'image' || kind === 'named'
}

function isHeldBy(entries: readonly Entry[], { id }: Entry): boolean {
  return entries.some(({ kept, holds }) => !kept && holds.includes(id))
}

function idsOf(chosen: ReturnType<typeof choose>): readonly string[] {
  return chosen.map(({ entry: { id } }) => id)
}

function entry(id: string, members: Partial<Entry> = {}): Entry {
  const flags = { mutable: false, kept: false, noted: false, dangling: false }
  const lists = { parents: [], parts: [part(id, 10)], shared: [], holds: [] }
  return { id, type: 'regular', description: id, lastUsed: 0, uses: 0, ...lists, ...flags, ...members }
}

function part(path: string, bytes: number) {
  return { path, bytes }
}
