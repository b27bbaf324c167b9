import { TsbuildError } from '../errors.ts'
import { type Node, type Op, type OpId, opId } from '../graph/index.ts'
import type { SourceRange } from '../source.ts'

/** The graph while it is made: grows in an order in which every op comes after its inputs. */
export interface GraphBuilder {
  /**
   * Adds an op, unless it is there: two instructions that ask for the same op share its node, with its first label and its
   * first login.
   */
  add(op: Op, about: Omit<Node, 'id' | 'op'>): OpId
  /**
   * Counts the variables that a RUN sees: each RUN sees all before it, so that a small file can ask for any amount.
   * @throws {TsbuildError} TSB_PLAN_TOO_LARGE
   */
  weigh(variables: readonly string[], at: SourceRange): void
  nodes(): readonly Node[]
}

/** Characters of all variables of all RUNs, and as many for each variable as keeping it costs. */
const weightLimit = 64 * 1024 * 1024
const weightOfOne = 64

export function createGraph(): GraphBuilder {
  const nodes = new Map<OpId, Node>()
  let weight = 0
  return {
    add(op, about) {
      const id = opId(op)
      const known = nodes.get(id)
      const noCache = about.noCache ?? known?.noCache
      const login = known?.login ?? about.login
      const node = known ?? { id, op, ...about }
      nodes.set(id, noCache || login ? { ...node, ...(noCache && { noCache }), ...(login && { login }) } : node)
      return id
    },
    weigh(variables, at) {
      weight = variables.reduce((sum, { length }) => sum + length + weightOfOne, weight)
      if (weight > weightLimit) throw tooLarge(at)
    },
    nodes: () => [...nodes.values()],
  }
}

function tooLarge(at: SourceRange): TsbuildError {
  return new TsbuildError('TSB_PLAN_TOO_LARGE', 'the RUN instructions see more than 64 MiB of variables in all', {
    at,
    hint: 'each RUN sees every ARG and ENV before it: set fewer of them, or put values into a file',
  })
}
