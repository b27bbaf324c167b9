import { type CacheRecord, cacheKey } from '../cache/index.ts'
import { executorOf, type OpContext } from './ops/index.ts'
import type { ExecutorPorts } from './ports.ts'
import type { Slot } from './schedule.ts'
import type { LayerNode } from './step.ts'
import { earlyInputs, type OpValue } from './values.ts'

/**
 * A COPY that is in the cache by the context as it was read ahead. Of one that is not, or that something is wrong with, nothing is made
 * or said before it was looked up by the context as it is.
 */
export async function foundEarly({ op }: LayerNode, context: OpContext, slot: Slot): Promise<CacheRecord | undefined> {
  if (op.kind !== 'copy' || !op.sources.some(({ from }) => hasEarly(context.inputs.value(from)))) return undefined
  const { ports, signal } = context
  return slot(async () => {
    const inputs = earlyInputs(
      context.inputs,
      op.sources.map(({ from }) => from),
    )
    if (!inputs) return undefined
    try {
      const { components } = await executorOf(op).key({ ...context, inputs, ports: onlyFinding(ports) })
      return await ports.cache.records.find(cacheKey(executorOf(op).version, components))
    } catch {
      signal.throwIfAborted()
      return undefined
    }
  })
}

function hasEarly(value: OpValue): boolean {
  return value.kind === 'context' && value.files.early?.() !== undefined
}

/** For who makes nothing where nothing can be found. */
function onlyFinding(ports: ExecutorPorts): ExecutorPorts {
  const { records } = ports.cache
  const hasLike: typeof records.hasLike = async (known) => {
    if (await records.hasLike(known)) return true
    throw new Error('nothing like it is in the cache')
  }
  return { ...ports, cache: { ...ports.cache, records: { ...records, hasLike } } }
}
