import { readFlags } from '../flags.ts'
import type { AddInstruction } from '../instruction.ts'
import { readOwnership, readSources } from '../sources.ts'
import { baseOf, type Statement } from '../statement.ts'

export function readAdd(statement: Statement): AddInstruction {
  const files = readSources(statement)
  const flags = readFlags(statement, {
    chown: 'word',
    chmod: 'word',
    link: 'bool',
    exclude: 'words',
    checksum: 'word',
    'keep-git-dir': 'bool',
    unpack: 'bool',
  })
  const checksum = flags.word('checksum')
  const keepGitDir = flags.bool('keep-git-dir')
  const unpack = flags.bool('unpack')
  return {
    kind: 'add',
    ...baseOf(statement),
    ...files,
    ...readOwnership(flags),
    ...(checksum && { checksum }),
    ...(keepGitDir !== undefined && { keepGitDir }),
    ...(unpack !== undefined && { unpack }),
  }
}
