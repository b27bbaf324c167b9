import type { EntrypointInstruction } from '../../parser/index.ts'
import { checkCommandForm } from '../checks/command-form.ts'
import { checkUsedOnce } from '../checks/used-once.ts'
import { goQuoteList } from '../go-format.ts'
import type { StageScope } from '../scope.ts'
import { type StageState, withConfig, withRow } from '../state.ts'
import { commandLine, unlessEmpty } from './command.ts'

/** ENTRYPOINT: takes away an inherited CMD, but not one that this stage has set. */
export function lowerEntrypoint(state: StageState, instruction: EntrypointInstruction, scope: StageScope): StageState {
  checkUsedOnce(instruction, state.said.entrypoint, scope.warn)
  checkCommandForm(instruction, state, scope.warn)
  const argv = commandLine(instruction.command, state)
  const command = state.said.cmd ? {} : { Cmd: undefined }
  const said = { ...state, said: { ...state.said, entrypoint: instruction.at } }
  return withRow(withConfig(said, { Entrypoint: unlessEmpty(argv), ...command }), `ENTRYPOINT ${goQuoteList(argv)}`)
}
