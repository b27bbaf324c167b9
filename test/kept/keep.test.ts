import { describe, expect, test } from 'vitest'
import { type KeptRun, keepRun, listKept } from '../../src/kept/index.ts'
import { openSession } from '../../src/library/session.ts'
import { openWorkspace } from '../support/workspace.ts'

const run = { label: 'RUN false', op: { kind: 'run', argv: [] }, inputs: {} } as unknown as KeptRun['run']

describe('what commands left', () => {
  test('stays when steps fail: of these 8 are kept, of containers 32, and what goes for another is told', async () => {
    await using workspace = await openWorkspace()
    await using session = await openSession(workspace.environment, {})
    const keep = async (kind: KeptRun['kind'], created: number) => {
      const what = { kind, created, run, how: {}, ...(created === 0 && { name: 'precious' }) }
      const held = await keepRun(what, async () => ({ kind: 'upper' }), session.store, session.cache)
      held.release()
      return held.removed.map((each) => each.name ?? each.created)
    }
    expect(await keep('container', 0)).toEqual([])
    for (let at = 1; at <= 8; at++) expect(await keep('failed', at)).toEqual([])
    expect(await keep('failed', 9)).toEqual([1])
    const names = () => listKept(session.store.root).flatMap((each) => each.name ?? [])
    expect(names()).toEqual(['precious'])
    for (let at = 10; at < 41; at++) expect(await keep('container', at)).toEqual([])
    expect(await keep('container', 41)).toEqual(['precious'])
    expect(names()).toEqual([])
  })
})
