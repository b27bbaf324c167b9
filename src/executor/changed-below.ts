import type { CacheRecord, Records } from '../cache/index.ts'
import type { Below } from './explain.ts'

/**
 * What is below a step, with the step that changed also where each was in the cache, since another build had run it: the lowest
 * that stands on what it stood on below `nearest`, and gave something else.
 */
export async function withChanged(
  below: Below,
  { parent }: CacheRecord['components'],
  nearest: CacheRecord | undefined,
  records: Records,
): Promise<Below> {
  let chain = nearest?.components.parent
  if (below.missed || chain === undefined || chain === parent) return below
  for (const { node, record } of below.steps?.() ?? []) {
    const before = await records.whichGave(record.components, chain)
    if (!before) return below
    if (before.components.parent === record.components.parent) return { ...below, missed: node }
    chain = before.components.parent ?? chain
  }
  return below
}
