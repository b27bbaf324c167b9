import { decodeName } from '../names.ts'
import { type TreePath, treePath } from '../path.ts'
import { archiveError, beyondLimit, quoted } from './archive-error.ts'
import type { ArchiveLimits } from './limits.ts'

/**
 * The place that a name of an archive means, from the root of the tree, absolute or not.
 * @param climbing what a `..` out of the root does
 * @throws {TsbuildError} TSB_ARCHIVE_NAME, TSB_ARCHIVE_DEPTH, TSB_ARCHIVE_ESCAPE
 */
export function memberPath(name: Uint8Array, climbing: 'refuse' | 'clamp', limits: ArchiveLimits): TreePath {
  const pieces: string[] = []
  for (const piece of memberText(name).split('/')) {
    if (piece === '' || piece === '.') continue
    if (piece !== '..') pieces.push(piece)
    else if (pieces.pop() === undefined && climbing === 'refuse') {
      throw archiveError('TSB_ARCHIVE_ESCAPE', `${quoted(decodeName(name))} leads out of the archive`)
    }
  }
  checkLength(pieces, limits)
  return treePath(pieces.join('/'))
}

/** A name or link text as text. @throws {TsbuildError} TSB_ARCHIVE_NAME */
export function memberText(bytes: Uint8Array): string {
  if (bytes.includes(0)) throw archiveError('TSB_ARCHIVE_NAME', `a name with a NUL: ${quoted(decodeName(bytes))}`)
  return decodeName(bytes)
}

const longestName = 255

function checkLength(pieces: readonly string[], limits: ArchiveLimits): void {
  if (pieces.length > limits.pathDepth) {
    throw beyondLimit(
      'path-depth',
      'TSB_ARCHIVE_DEPTH',
      `a path of ${pieces.length} pieces; at most ${limits.pathDepth} are taken`,
    )
  }
  const lengths = pieces.map((piece) => Buffer.byteLength(piece))
  const total = lengths.reduce((sum, length) => sum + length + 1, 0)
  const tooLong = `a name that is too long: ${quoted(pieces.join('/'))}`
  if (total > limits.pathBytes) throw beyondLimit('path-bytes', 'TSB_ARCHIVE_NAME', tooLong)
  if (lengths.some((length) => length > longestName)) throw archiveError('TSB_ARCHIVE_NAME', tooLong)
}
