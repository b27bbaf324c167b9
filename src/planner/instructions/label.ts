import type { LabelInstruction } from '../../parser/index.ts'
import { checkPairForm } from '../checks/pairs.ts'
import { expandPairs } from '../expand.ts'
import type { StageScope } from '../scope.ts'
import { type StageState, withMembers, withRow } from '../state.ts'

/** LABEL: names are expanded too; a name that is there gets the new value. */
export function lowerLabel(state: StageState, instruction: LabelInstruction, scope: StageScope): StageState {
  const pairs = expandPairs(instruction.pairs, state, scope)
  checkPairForm(instruction, scope.warn)
  const changed = withMembers(state, 'Labels', pairs)
  return withRow(changed, `LABEL ${pairs.map(([name, value]) => `${name}=${value}`).join(' ')}`)
}
