import type { OnbuildInstruction } from '../../parser/index.ts'
import type { StageState } from '../state.ts'

/** ONBUILD: kept for whoever builds on this stage. Its contents are looked at only then; it leaves no history row. */
export function lowerOnbuild(state: StageState, instruction: OnbuildInstruction): StageState {
  return { ...state, triggers: { text: instruction.trigger, before: state.triggers } }
}
