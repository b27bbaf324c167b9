import type { ExposeInstruction } from '../../parser/index.ts'
import { expandToWords } from '../expand.ts'
import { goList } from '../go-format.ts'
import { parsePorts } from '../ports.ts'
import type { StageScope } from '../scope.ts'
import { type StageState, withConfig, withRow } from '../state.ts'

/** EXPOSE: ranges are written out, protocols are in lower case, and all is sorted as text. */
export function lowerExpose(state: StageState, instruction: ExposeInstruction, scope: StageScope): StageState {
  const ports = instruction.ports
    .flatMap((word) => expandToWords(word, state, scope).flatMap((text) => parsePorts(text, word.at)))
    .sort()
  const exposed = Object.fromEntries(ports.map((port) => [port, {}]))
  return withRow(
    withConfig(state, { ExposedPorts: { ...state.image.config?.ExposedPorts, ...exposed } }),
    `EXPOSE ${goList(ports)}`,
  )
}
