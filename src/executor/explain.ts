import type { KeyComponents, Records } from '../cache/index.ts'
import { canonicalJson } from '../digest/index.ts'
import type { Node } from '../graph/index.ts'
import type { MissReason } from './events.ts'

/** Why a step is not in the cache: its components held against those of the nearest step that is. */
export async function explainMiss(components: KeyComponents, node: Node, records: Records): Promise<MissReason> {
  if (node.noCache) return { kind: 'not-cached', why: '--no-cache' }
  const nearest = await records.nearest(components)
  if (!nearest) return { kind: 'never-built' }
  const changed = differences(components, nearest.components)
  return {
    kind: 'changed',
    what: changed[0] ?? 'the result was removed from the cache',
    more: Math.max(0, changed.length - 1),
  }
}

function differences(now: KeyComponents, before: KeyComponents): readonly string[] {
  const changed: string[] = []
  for (const [index, input] of now.inputs.entries()) {
    if (before.inputs[index]?.id !== input.id) changed.push(input.name)
  }
  if (canonicalJson(now.definition) !== canonicalJson(before.definition)) changed.push('the instruction')
  if (now.parent !== before.parent) changed.push('an earlier step')
  return changed
}
