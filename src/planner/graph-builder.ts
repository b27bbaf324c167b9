import { type Node, type Op, type OpId, opId } from '../graph/index.ts'

/** The graph while it is made: grows in an order in which every op comes after its inputs. */
export interface GraphBuilder {
  /**
   * Adds an op, unless it is there: two instructions that ask for the same op share its node, with its first label and its
   * first login.
   */
  add(op: Op, about: Omit<Node, 'id' | 'op'>): OpId
  nodes(): readonly Node[]
}

export function createGraph(): GraphBuilder {
  const nodes = new Map<OpId, Node>()
  return {
    add(op, about) {
      const id = opId(op)
      const known = nodes.get(id)
      const noCache = about.noCache ?? known?.noCache
      const login = known?.login ?? about.login
      nodes.set(id, { ...(known ?? { id, op, ...about }), ...(noCache && { noCache }), ...(login && { login }) })
      return id
    },
    nodes: () => [...nodes.values()],
  }
}
