import type { OpId } from './op.ts'
import type { Node, Plan, Warning } from './plan.ts'

/**
 * The nodes of several plans as one graph: what two of them ask for is one node, with the label it has in the first. Every op
 * still comes after its inputs.
 */
export function mergeNodes(plans: readonly Pick<Plan, 'nodes'>[]): readonly Node[] {
  const [only, ...others] = plans
  if (only && others.length === 0) return only.nodes
  const nodes = new Map<OpId, Node>()
  for (const node of plans.flatMap((plan) => plan.nodes)) {
    const known = nodes.get(node.id)
    if (!known) nodes.set(node.id, node)
    else if (node.noCache && !known.noCache) nodes.set(node.id, { ...known, noCache: true })
  }
  return [...nodes.values()]
}

/** Of several plans: a line that smells does so for every platform, and is told once. */
export function mergeWarnings(plans: readonly Pick<Plan, 'warnings'>[]): readonly Warning[] {
  const known = new Map<string, Warning>()
  for (const warning of plans.flatMap(({ warnings }) => warnings)) {
    const { rule, message, at } = warning
    const key = JSON.stringify([rule, message, at?.source.name, at?.start])
    if (!known.has(key)) known.set(key, warning)
  }
  return [...known.values()]
}
