import type { CmdInstruction } from '../../parser/index.ts'
import { checkCommandForm } from '../checks/command-form.ts'
import { checkUsedOnce } from '../checks/used-once.ts'
import { goQuoteList } from '../go-format.ts'
import type { StageScope } from '../scope.ts'
import { type StageState, withConfig, withRow } from '../state.ts'
import { commandLine, unlessEmpty } from './command.ts'

export function lowerCmd(state: StageState, instruction: CmdInstruction, scope: StageScope): StageState {
  checkUsedOnce(instruction, state.said.cmd, scope.warn)
  checkCommandForm(instruction, state, scope.warn)
  const argv = commandLine(instruction.command, state)
  const changed = withConfig(
    { ...state, said: { ...state.said, cmd: instruction.at } },
    { Cmd: unlessEmpty(argv), ArgsEscaped: true },
  )
  return withRow(changed, `CMD ${goQuoteList(argv)}`)
}
