import type { Digest } from '../../digest/index.ts'
import type { OpId } from '../../graph/index.ts'
import type { Inputs } from '../values.ts'

/**
 * The chains of the snapshots that an op reads beside the one below: they stand for the content of any path in them, and
 * are known without reading a file. None when the op reads nothing more, or a context, whose files have to be looked at.
 */
export function chainsOf(
  sources: readonly { readonly from: OpId }[],
  inputs: Inputs,
): readonly { readonly name: string; readonly id: Digest }[] | undefined {
  const chains: { name: string; id: Digest }[] = []
  for (const { from } of sources) {
    const value = inputs.value(from)
    if (value.kind !== 'snapshot') return undefined
    chains.push({ name: 'files', id: value.chain })
  }
  return chains.length === 0 ? undefined : chains
}
