import type { EnvInstruction } from '../../parser/index.ts'
import { checkPairForm } from '../checks/pairs.ts'
import { checkSecretName } from '../checks/secret-names.ts'
import { expandPairs } from '../expand.ts'
import type { StageScope } from '../scope.ts'
import { type StageState, withRow } from '../state.ts'

/** ENV: all values see the variables as they were before it. */
export function lowerEnv(state: StageState, instruction: EnvInstruction, scope: StageScope): StageState {
  const pairs = expandPairs(instruction.pairs, state, scope)
  checkPairForm(instruction, scope.warn)
  pairs.forEach(([name], i) => {
    checkSecretName('ENV', name, instruction.pairs[i]?.name.at ?? instruction.at, scope.warn)
  })
  const changed = { ...state, variables: state.variables.withEnv(pairs) }
  return withRow(changed, `ENV ${pairs.map(([name, value]) => `${name}=${value}`).join(' ')}`)
}
