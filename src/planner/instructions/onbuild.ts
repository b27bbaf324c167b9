import type { OnbuildInstruction } from '../../parser/index.ts'
import { type StageState, withConfig } from '../state.ts'

/** ONBUILD: kept for whoever builds on this stage. Its contents are looked at only then; it leaves no history row. */
export function lowerOnbuild(state: StageState, instruction: OnbuildInstruction): StageState {
  return withConfig(state, { OnBuild: [...(state.image.config?.OnBuild ?? []), instruction.trigger] })
}
