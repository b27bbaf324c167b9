import { describe, expect, it } from 'vitest'
import type { BuildEvent, Executed, StepId } from '../../src/executor/index.ts'
import { openRounds } from '../../src/library/rounds.ts'

type Told = readonly [type: string, ...about: unknown[]]

/** A build of two rounds, and what is told of it: `start a`. */
function tellingOf() {
  const told: string[] = []
  const rounds = openRounds((event) => {
    const { step, source } = event as { readonly step?: string; readonly source?: string }
    told.push([event.type.replace('step:', ''), step, source].filter((part) => part !== undefined).join(' '))
  })
  const tell = (...events: readonly Told[]) => {
    for (const [type, step, more] of events) {
      const about = typeof more === 'object' ? more : {}
      const named = step === undefined ? {} : { step, label: step }
      rounds.events({ type, at: 1, ...named, ...about } as unknown as BuildEvent)
    }
  }
  const since = () => told.splice(0)
  return { rounds, tell, since }
}

const makes = { makes: true }
const ran = (step: string): readonly Told[] => [
  ['step:miss', step],
  ['step:start', step, makes],
  ['step:done', step],
]
const from = (source: string) => ({ source })

describe('rounds of a build', () => {
  it('tell the graph, sources and steps once, and a step that lost its layer as one that begins anew', () => {
    const { rounds, tell, since } = tellingOf()
    rounds.begin()
    tell(['build:graph'], ['step:start', 'context'], ['step:done', 'context'])
    tell(['step:cached', 'a', from('one')], ['step:cached', 'b', from('one')], ...ran('c'))
    tell(['step:start', 'internal:export'], ['step:error', 'internal:export'])
    expect(since()).not.toContain('error internal:export')
    rounds.again()
    expect(since()).toEqual(['canceled internal:export'])
    tell(['build:graph'], ['warnings'], ['step:start', 'context'], ['step:done', 'context'])
    tell(['step:cached', 'a', from('one')], ...ran('b'), ['step:cached', 'c'])
    tell(['step:start', 'internal:export'], ['step:progress', 'internal:export'], ['step:done', 'internal:export'])
    rounds.over()
    expect(since()).toEqual([
      'start b',
      'miss b',
      'done b',
      'start internal:export',
      'progress internal:export',
      'done internal:export',
    ])
  })

  it('tell what failed when no round follows, also of a step that was cached', () => {
    const { rounds, tell, since } = tellingOf()
    rounds.begin()
    tell(['step:cached', 'a', from('one')], ['step:start', 'b', makes], ['step:error', 'b'])
    rounds.again()
    tell(['step:error', 'a'])
    since()
    rounds.over()
    expect(since()).toEqual(['start a', 'error a'])
    tell(['step:start', 'internal:cache-to'], ['step:error', 'internal:cache-to'])
    expect(since()).toEqual(['start internal:cache-to', 'error internal:cache-to'])
  })

  it('tell of a step that another cache has than the one that lost it', () => {
    const { rounds, tell, since } = tellingOf()
    rounds.begin()
    tell(['step:cached', 'a', from('one')], ['step:cached', 'b', from('one')])
    rounds.again()
    since()
    tell(['step:cached', 'a', from('two')], ['step:cached', 'b'])
    expect(since()).toEqual(['cached a two'])
  })

  it('count what an earlier one ran as not cached, and what was stopped there and is cached now as cached', () => {
    const { rounds, tell } = tellingOf()
    rounds.begin()
    tell(...ran('a'), ['step:miss', 'b'], ['step:start', 'b', makes], ['step:canceled', 'b'])
    rounds.again()
    tell(['step:cached', 'a'], ['step:cached', 'b'])
    rounds.over()
    const result = { cached: true }
    const results = new Map(['a', 'b'].map((id) => [id as StepId, result]))
    const executed = { results, steps: { total: 2, cached: 2 } } as unknown as Executed
    expect(rounds.counted(executed).steps).toEqual({ total: 2, cached: 1 })
    expect([rounds.ran('a' as StepId), rounds.ran('b' as StepId)]).toEqual([true, false])
  })
})
