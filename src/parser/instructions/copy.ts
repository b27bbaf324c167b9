import { readFlags } from '../flags.ts'
import type { CopyInstruction } from '../instruction.ts'
import { readOwnership, readSources } from '../sources.ts'
import { baseOf, type Statement } from '../statement.ts'

export function readCopy(statement: Statement): CopyInstruction {
  const files = readSources(statement)
  const flags = readFlags(statement, {
    from: 'word',
    chown: 'word',
    chmod: 'word',
    link: 'bool',
    parents: 'bool',
    exclude: 'words',
  })
  const from = flags.word('from')
  return {
    kind: 'copy',
    ...baseOf(statement),
    ...files,
    ...readOwnership(flags),
    ...(from && { from }),
    parents: flags.bool('parents') ?? false,
  }
}
