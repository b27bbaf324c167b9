import type { EnvInstruction } from '../../parser/index.ts'
import { checkPairForm } from '../checks/pairs.ts'
import { checkSecretName } from '../checks/secret-names.ts'
import { expandPairs } from '../expand.ts'
import type { StageScope } from '../scope.ts'
import { type StageState, withConfig, withRow } from '../state.ts'
import { setInEnvironment, withVariables } from '../variables.ts'

/** ENV: all values see the variables as they were before it. */
export function lowerEnv(state: StageState, instruction: EnvInstruction, scope: StageScope): StageState {
  const pairs = expandPairs(instruction.pairs, state, scope)
  checkPairForm(instruction, scope.warn)
  pairs.forEach(([name], i) => {
    checkSecretName('ENV', name, instruction.pairs[i]?.name.at ?? instruction.at, scope.warn)
  })
  const environment = pairs.reduce(
    (list, [name, value]) => setInEnvironment(list, name, value),
    state.image.config?.Env ?? [],
  )
  const changed = { ...withConfig(state, { Env: environment }), variables: withVariables(state.variables, pairs) }
  return withRow(changed, `ENV ${pairs.map(([name, value]) => `${name}=${value}`).join(' ')}`)
}
