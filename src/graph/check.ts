import { TsbuildError } from '../errors.ts'
import { inputsOf, opId } from './inputs.ts'
import type { OpId } from './op.ts'
import type { Plan } from './plan.ts'

/**
 * Checks that a plan is one: ids are those of the ops, every op comes after what it reads, and target and history name ops
 * of it. Planning makes no other; this is for plans from elsewhere, and for tests.
 * @throws {TsbuildError} TSB_PLAN_INVALID
 */
export function checkPlan(plan: Plan): void {
  const known = new Set<OpId>()
  for (const { id, op, label } of plan.nodes) {
    if (id !== opId(op)) throw invalid(`the id of "${label}" is not that of its op`)
    if (known.has(id)) throw invalid(`"${label}" is there twice`)
    const missing = inputsOf(op).find((input) => !known.has(input))
    if (missing) throw invalid(`"${label}" reads ${missing}, which does not come before it`)
    known.add(id)
  }
  if (!known.has(plan.target)) throw invalid(`the target ${plan.target} is no op of the plan`)
  const stray = plan.image.history.find(({ layer }) => layer && !known.has(layer))
  if (stray) throw invalid(`the layer of "${stray.createdBy}" is no op of the plan`)
}

function invalid(problem: string): TsbuildError {
  return new TsbuildError('TSB_PLAN_INVALID', `not a plan: ${problem}`)
}
