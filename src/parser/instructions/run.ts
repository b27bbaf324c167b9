import { didYouMean } from '../../errors.ts'
import { excerpt, quoted } from '../characters.ts'
import { readCommand } from '../command.ts'
import { type FlagValue, readFlags } from '../flags.ts'
import type { RunInstruction, Word } from '../instruction.ts'
import { csvFields } from '../mount-fields.ts'
import { heredocValue } from '../sources.ts'
import { baseOf, instructionError, type Statement } from '../statement.ts'
import { readDevice } from './device.ts'

const networks: readonly string[] = ['default', 'none', 'host']
const securities: readonly string[] = ['sandbox', 'insecure']

export function readRun(statement: Statement): RunInstruction {
  const flags = readFlags(statement, { mount: 'words', network: 'word', security: 'word', device: 'words' })
  const network = flags.word('network')
  const security = flags.word('security')
  if (network && !networks.includes(network.text)) {
    throw badValue(statement, network, `invalid network mode ${quoted(network.text)}`, networks)
  }
  if (security && !securities.includes(security.text)) {
    throw badValue(statement, security, `security ${quoted(security.text)} is not valid`, securities)
  }
  return {
    kind: 'run',
    ...baseOf(statement),
    command: readCommand(statement),
    heredocs: statement.heredocs.map((heredoc) => heredocValue(statement, heredoc)),
    mounts: flags.withOptions('mount').map((mount) => ({ fields: readMount(statement, mount), at: mount.at })),
    devices: flags.words('device').map((device) => readDevice(statement, device)),
    ...(network && { network }),
    ...(security && { security }),
  }
}

function badValue(statement: Statement, { text, at }: Word, message: string, choices: readonly string[]) {
  const hint = didYouMean(excerpt(text), choices) ?? `write one of ${choices.join(', ')}`
  return instructionError(statement, 'TSB_BAD_FLAG', message, { at, hint })
}

/** The `key=value` fields of a mount. What they mean is known only after expansion, but for `from`, which has none. */
function readMount(
  statement: Statement,
  { text, at: whole, options }: FlagValue,
): RunInstruction['mounts'][number]['fields'] {
  const fields = csvFields(text)
  if ('problem' in fields) {
    throw instructionError(statement, 'TSB_BAD_MOUNT', `failed to parse csv mounts: ${fields.problem}`, {
      at: whole,
      hint: 'write --mount=type=TYPE,target=PATH; quotes go around a whole key=value',
    })
  }
  return fields.map((field, i) => {
    const equals = field.indexOf('=')
    const at = options[i]?.text === field ? options[i].at : whole
    if (equals < 0) return { key: field.toLowerCase(), at }
    const key = field.slice(0, equals).toLowerCase()
    const value = field.slice(equals + 1)
    if (key !== 'from' || !hasVariable(value)) return { key, value, at }
    const message = "'from' doesn't support variable expansion, define alias stage instead"
    throw instructionError(statement, 'TSB_BAD_MOUNT', message, {
      at,
      hint: `add FROM ${excerpt(value)} AS NAME and use from=NAME`,
    })
  })
}

function hasVariable(text: string): boolean {
  const dollar = text.indexOf('$')
  return dollar >= 0 && dollar < text.length - 1
}
