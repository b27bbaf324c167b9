import type { MaintainerInstruction } from '../../parser/index.ts'
import { type StageState, withRow } from '../state.ts'

export function lowerMaintainer(state: StageState, instruction: MaintainerInstruction): StageState {
  const author = instruction.name.text
  return withRow({ ...state, image: { ...state.image, author } }, `MAINTAINER ${author}`)
}
