import type { ShellInstruction } from '../../parser/index.ts'
import { goList } from '../go-format.ts'
import { type StageState, withConfig, withRow } from '../state.ts'
import { unlessEmpty } from './command.ts'

export function lowerShell(state: StageState, instruction: ShellInstruction): StageState {
  return withRow(withConfig(state, { Shell: unlessEmpty(instruction.argv) }), `SHELL ${goList(instruction.argv)}`)
}
