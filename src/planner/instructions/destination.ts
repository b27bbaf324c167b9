import { posix } from 'node:path'
import type { SourceRange } from '../../source.ts'
import type { StageScope } from '../scope.ts'
import type { Files } from './files.ts'

/** Absolute, from the working directory. `.`, an empty text and a trailing `/` or `/.` name a directory: it ends in `/`. */
export function resolveDestination(dest: string, workingDirectory: string): string {
  const written = dest === '' || /(^|\/)\.$/.test(dest) ? `${dest || '.'}/` : dest
  return posix.isAbsolute(written) ? posix.normalize(written) : posix.join(workingDirectory, written)
}

/** Several files copied to one name overwrite each other: seldom what was meant, but BuildKit takes it. */
export function warnOfMissingSlash(files: Files, at: SourceRange, scope: StageScope): void {
  const { dest, sources, inline } = files
  if (sources.length + inline.length < 2 || /(^|\/)\.?$/.test(dest)) return
  const message = `several sources for "${dest}", which does not end in "/": unless it is a directory, the last one wins`
  scope.warn({ rule: 'tsbuild/CopyDestinationSlash', message, at })
}
