import type { Forecast } from '../executor/index.ts'
import { inputsOf, type Node, type OpId } from '../graph/index.ts'
import type { Session } from './session.ts'

/** Layers of a base image that a step would need and that are not in the store. */
export interface PlannedPull {
  readonly image: string
  readonly layers: number
  /** Compressed. */
  readonly bytes: number
}

/**
 * What would be fetched. A RUN needs the files below it, and any step those that it takes; a COPY does not open the image that it is put on.
 */
export async function pullsFor(
  nodes: readonly Node[],
  forecasts: ReadonlyMap<OpId, Forecast>,
  session: Session,
): Promise<readonly PlannedPull[]> {
  const byId = new Map(nodes.map((node) => [node.id, node]))
  const needed = new Set<OpId>()
  for (const { id, op } of nodes) {
    const kind = forecasts.get(id)?.kind
    if (kind === 'hit' || kind === 'source') continue
    for (const input of inputsOf(op)) {
      if (op.kind !== 'copy' || op.sources.some(({ from }) => from === input)) needed.add(bottomOf(input, byId))
    }
  }
  const pulls = await Promise.all([...needed].map((id) => pullOf(byId.get(id), session)))
  return pulls.filter((pull) => pull !== undefined)
}

/** What a chain of steps stands on. */
function bottomOf(id: OpId, nodes: ReadonlyMap<OpId, Node>): OpId {
  let at = id
  for (let node = nodes.get(at); node && 'onto' in node.op; node = nodes.get(at)) at = node.op.onto
  return at
}

async function pullOf(node: Node | undefined, { bases, store }: Session): Promise<PlannedPull | undefined> {
  if (node?.op.kind !== 'image') return undefined
  const { image } = node.op
  const missing = []
  for (const { descriptor } of await bases.layersOf(image)) {
    if (!(await store.blobs.has(descriptor.digest, descriptor.size))) missing.push(descriptor)
  }
  if (missing.length === 0) return undefined
  return { image: image.name, layers: missing.length, bytes: missing.reduce((sum, { size }) => sum + size, 0) }
}
