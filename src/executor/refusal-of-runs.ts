import { atPlace, type TsbuildError } from '../errors.ts'
import { inputsOf, type Node, type OpId, type Plan } from '../graph/index.ts'
import { runsCommand } from './ops/index.ts'

/**
 * Where no command can be run, no work is done for a RUN that would fail in the end.
 * @param refusal why none can; undefined when one may
 * @returns to be called before a step is done: throws the refusal, at the place of the first RUN that needs the step
 */
export function refusalOfRuns(plan: Plan, refusal: TsbuildError | undefined): (step: OpId) => void {
  if (!refusal) return () => {}
  const runs = new Map<OpId, Node>()
  // Inputs come first in a plan, so whoever needs a node is met before it.
  for (const node of plan.nodes.toReversed()) {
    const run = runsCommand(node.op) ? node : runs.get(node.id)
    if (run) for (const id of [node.id, ...inputsOf(node.op)]) runs.set(id, run)
  }
  return (step) => {
    const run = runs.get(step)
    if (run) throw atPlace(refusal, run.at)
  }
}
