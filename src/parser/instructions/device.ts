import { didYouMean } from '../../errors.ts'
import { excerpt } from '../characters.ts'
import type { RunDevice, Word } from '../instruction.ts'
import { csvFields } from '../mount-fields.ts'
import { instructionError, type Statement } from '../statement.ts'

/**
 * The value of `RUN --device`: `[name=]NAME[,required[=BOOLEAN]]`, where a name may have an `=` of its own.
 * @throws {TsbuildError} TSB_BAD_FLAG
 */
export function readDevice(statement: Statement, { text, at }: Word): RunDevice {
  const fail = (message: string, hint: string) => instructionError(statement, 'TSB_BAD_FLAG', message, { at, hint })
  const fields = csvFields(text)
  if ('problem' in fields) throw fail(`failed to parse csv devices: ${fields.problem}`, form)
  let device: RunDevice = { name: '', required: false, at }
  for (const field of fields) {
    const changed = withField(device, field)
    if ('problem' in changed) throw fail(changed.problem, changed.hint)
    device = changed
  }
  return device
}

const form = 'write --device=VENDOR/CLASS=NAME[,required]'
const keys = ['name', 'required'] as const

interface Problem {
  readonly problem: string
  readonly hint: string
}

function withField(device: RunDevice, field: string): RunDevice | Problem {
  const equals = field.indexOf('=')
  const key = (equals < 0 ? field : field.slice(0, equals)).toLowerCase()
  const value = equals < 0 ? undefined : field.slice(equals + 1)
  if (key === 'required') return withRequired(device, value)
  const isNamed = device.name !== ''
  if (key === 'name' && value !== undefined) {
    return isNamed
      ? { problem: `device name already set to ${excerpt(device.name)}`, hint: form }
      : { ...device, name: value }
  }
  if (!isNamed) return { ...device, name: field }
  if (value === undefined) return { problem: `invalid field '${excerpt(field)}' must be a key=value pair`, hint: form }
  return { problem: `unexpected key '${excerpt(key)}' in '${excerpt(field)}'`, hint: didYouMean(key, keys) ?? form }
}

function withRequired(device: RunDevice, value = 'true'): RunDevice | Problem {
  if (/^(1|t|T|true|TRUE|True)$/.test(value)) return { ...device, required: true }
  if (/^(0|f|F|false|FALSE|False)$/.test(value)) return { ...device, required: false }
  return { problem: `invalid value for required: ${excerpt(value)}`, hint: 'true or false' }
}
