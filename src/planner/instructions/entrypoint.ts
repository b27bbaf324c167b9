import type { EntrypointInstruction } from '../../parser/index.ts'
import { goQuoteList } from '../go-format.ts'
import { type StageState, withConfig, withRow } from '../state.ts'
import { commandLine, unlessEmpty } from './command.ts'

/** ENTRYPOINT: takes away an inherited CMD, but not one that this stage has set. */
export function lowerEntrypoint(state: StageState, instruction: EntrypointInstruction): StageState {
  const argv = commandLine(instruction.command, state)
  const command = state.commandSet ? {} : { Cmd: undefined }
  return withRow(withConfig(state, { Entrypoint: unlessEmpty(argv), ...command }), `ENTRYPOINT ${goQuoteList(argv)}`)
}
