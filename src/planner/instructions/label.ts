import type { LabelInstruction } from '../../parser/index.ts'
import { checkPairForm } from '../checks/pairs.ts'
import { expandPairs } from '../expand.ts'
import type { StageScope } from '../scope.ts'
import { type StageState, withConfig, withRow } from '../state.ts'

/** LABEL: names are expanded too; a name that is there gets the new value. */
export function lowerLabel(state: StageState, instruction: LabelInstruction, scope: StageScope): StageState {
  const pairs = expandPairs(instruction.pairs, state, scope)
  checkPairForm(instruction, scope.warn)
  const changed = withConfig(state, { Labels: { ...state.image.config?.Labels, ...Object.fromEntries(pairs) } })
  return withRow(changed, `LABEL ${pairs.map(([name, value]) => `${name}=${value}`).join(' ')}`)
}
