import type { CmdInstruction } from '../../parser/index.ts'
import { goQuoteList } from '../go-format.ts'
import { type StageState, withConfig, withRow } from '../state.ts'
import { commandLine, unlessEmpty } from './command.ts'

export function lowerCmd(state: StageState, instruction: CmdInstruction): StageState {
  const argv = commandLine(instruction.command, state)
  const changed = withConfig({ ...state, commandSet: true }, { Cmd: unlessEmpty(argv), ArgsEscaped: true })
  return withRow(changed, `CMD ${goQuoteList(argv)}`)
}
