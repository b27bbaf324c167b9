import { TsbuildError } from '../../errors.ts'
import type { UserInstruction } from '../../parser/index.ts'
import type { SourceRange } from '../../source.ts'
import { expand } from '../expand.ts'
import type { StageScope } from '../scope.ts'
import { type StageState, withConfig, withRow } from '../state.ts'

const highestId = 0xffff_fffe

/** USER: stored unchecked, but for numbers that no system takes; whether a name exists is seen when something runs. */
export function lowerUser(state: StageState, instruction: UserInstruction, scope: StageScope): StageState {
  const user = expand(instruction.user, state, scope)
  for (const id of user.split(':')) checkId(id, user, instruction.user.at)
  return withRow(withConfig(state, { User: user }), `USER ${user}`)
}

/** A number above 2^32-2 would wrap around to another user, perhaps to root. */
function checkId(id: string, user: string, at: SourceRange): void {
  const fits = /^\d+$/.test(id) ? Number(id) <= highestId : !/^[+-]|^0x|\s/i.test(id)
  if (fits) return
  throw new TsbuildError('TSB_USER_RANGE', `USER ${JSON.stringify(user)} is out of range`, {
    at,
    hint: `a user or group is a name, or a decimal number from 0 to ${highestId}`,
  })
}
