import type { UserInstruction } from '../../parser/index.ts'
import { expand } from '../expand.ts'
import type { StageScope } from '../scope.ts'
import { type StageState, withConfig, withRow } from '../state.ts'
import { checkUser } from './user-range.ts'

/** USER: stored unchecked, but for numbers that no system takes; whether a name exists is seen when something runs. */
export function lowerUser(state: StageState, instruction: UserInstruction, scope: StageScope): StageState {
  const user = expand(instruction.user, state, scope)
  checkUser(user, 'USER', instruction.user.at)
  return withRow(withConfig(state, { User: user }), `USER ${user}`)
}
