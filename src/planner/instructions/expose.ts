import type { ExposeInstruction } from '../../parser/index.ts'
import { checkPort } from '../checks/exposed-ports.ts'
import { expandToWords } from '../expand.ts'
import { goList } from '../go-format.ts'
import { parsePorts } from '../ports.ts'
import type { StageScope } from '../scope.ts'
import { type StageState, withMembers, withRow } from '../state.ts'

/** What a config has for a port. */
const exposed = {}

/** EXPOSE: its words in the order of their text as written; in each, ranges are written out and protocols in lower case. */
export function lowerExpose(state: StageState, instruction: ExposeInstruction, scope: StageScope): StageState {
  const ports = instruction.ports
    .toSorted((a, b) => (a.text < b.text ? -1 : 1))
    .flatMap((word) =>
      expandToWords(word, state, scope).flatMap((text) => {
        checkPort(text, word.at, scope.warn)
        const found = parsePorts(text, word.at)
        for (const port of found) scope.budget.spend(port.length, word.at)
        return found
      }),
    )
  return withRow(
    withMembers(
      state,
      'ExposedPorts',
      ports.map((port) => [port, exposed]),
    ),
    `EXPOSE ${goList(ports)}`,
  )
}
