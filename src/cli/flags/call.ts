import { readCsv } from './csv.ts'
import { FlagError } from './flag-error.ts'
import { readChoice } from './limits.ts'
import { readBoolean } from './output.ts'

const methods = ['build', 'check', 'outline', 'targets', 'subrequests.describe'] as const
const formats = ['text', 'json', 'sarif'] as const

/** What `--call` asks for in place of a build. */
export interface Call {
  readonly method: Exclude<(typeof methods)[number], 'build'>
  readonly format: (typeof formats)[number]
  /** A check that finds something ends with 0 all the same. */
  readonly ignoreStatus: boolean
}

type Field = { readonly method?: (typeof methods)[number] } & Partial<Omit<Call, 'method'>>

/**
 * Reads `METHOD[,format=json][,ignorestatus=true]`, as buildx does.
 * @returns undefined for a build
 * @throws {FlagError} for a method, key or value that is not known
 */
export function readCall(text: string): Call | undefined {
  const read: Field = Object.assign({}, ...readCsv('--call', text).map(readField))
  const { method = 'build', format = 'text', ignoreStatus = false } = read
  if (format === 'sarif' && method !== 'check') {
    throw new FlagError(`--call ${text}: only a check is told as SARIF`, 'write format=json')
  }
  return method === 'build' ? undefined : { method, format, ignoreStatus }
}

function readField(field: string): Field {
  const equals = field.indexOf('=')
  // What buildx calls `check` is `lint` for BuildKit.
  if (equals < 0) return { method: readChoice('--call', field === 'lint' ? 'check' : field || 'build', methods) }
  const [key, value] = [field.slice(0, equals), field.slice(equals + 1)]
  if (key === 'format') return { format: readChoice('--call format', value, formats) }
  if (key === 'ignorestatus') return { ignoreStatus: readBoolean('ignorestatus', value, false) }
  throw new FlagError(`invalid key in --call: ${key}`, 'keys: format, ignorestatus')
}
