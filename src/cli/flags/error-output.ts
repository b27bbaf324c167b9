import type { ErrorOutput } from '../../index.ts'
import { readFields } from './csv.ts'
import { FlagError } from './flag-error.ts'

/** Reads `--on-error-output type=local,dest=out,from=/src/reports`; a directory, or `-` for a tar, alone as of `-o`. @throws {FlagError} */
export function readErrorOutput(text: string): ErrorOutput {
  const flag = '--on-error-output'
  if (text === '-') return { type: 'tar', dest: '-' }
  if (text !== '' && !/[=,]/.test(text)) return { type: 'local', dest: text }
  const fields = readFields(flag, text, ['type', 'dest', 'from'])
  const [type = 'local', dest, from] = [fields.get('type'), fields.get('dest'), fields.get('from')]
  if (type !== 'local' && type !== 'tar') {
    throw new FlagError(`${flag} ${text}: unknown type ${JSON.stringify(type)}`, 'types: local, tar')
  }
  if (!dest) throw new FlagError(`${flag} ${text}: dest is missing`, `write ${flag} type=local,dest=DIR,from=PATH`)
  if (type === 'local' && dest === '-') {
    throw new FlagError(`${flag} ${text}: a directory cannot go to standard output`, 'write type=tar,dest=-')
  }
  return { type, dest, ...(from !== undefined && { from }) }
}
