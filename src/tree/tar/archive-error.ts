import { TsbuildError } from '../../errors.ts'
import { type LimitName, limitHint } from '../../limits.ts'

/** What can be wrong with an archive. */
export type ArchiveErrorCode =
  | 'TSB_ARCHIVE_BOMB'
  | 'TSB_ARCHIVE_DAMAGED'
  | 'TSB_ARCHIVE_DEPTH'
  | 'TSB_ARCHIVE_DEVICE'
  | 'TSB_ARCHIVE_ENTRIES'
  | 'TSB_ARCHIVE_ESCAPE'
  | 'TSB_ARCHIVE_GLOBAL'
  | 'TSB_ARCHIVE_HEADER'
  | 'TSB_ARCHIVE_LINK'
  | 'TSB_ARCHIVE_NAME'
  | 'TSB_ARCHIVE_OWNER'
  | 'TSB_ARCHIVE_PAX'
  | 'TSB_ARCHIVE_ROOT'
  | 'TSB_ARCHIVE_SIZE'
  | 'TSB_ARCHIVE_SPARSE'
  | 'TSB_ARCHIVE_TIME'
  | 'TSB_ARCHIVE_TRUNCATED'
  | 'TSB_ARCHIVE_TYPE'
  | 'TSB_ARCHIVE_WINDOW'
  | 'TSB_WHITEOUT_NAME'

/** The archive is damaged, hostile or beyond a limit: nothing of it is kept. */
export function archiveError(code: ArchiveErrorCode, message: string, cause?: unknown): TsbuildError {
  return new TsbuildError(code, message, { cause })
}

/** The archive asks for more than a limit allows, and may be honest all the same. */
export function beyondLimit(limit: LimitName, code: ArchiveErrorCode, message: string): TsbuildError {
  return new TsbuildError(code, message, { hint: limitHint(limit) })
}

/** A text from an archive as it may stand in a message: quoted, control bytes escaped, not endless. */
export function quoted(text: string): string {
  return JSON.stringify(text.length > 200 ? `${text.slice(0, 200)}…` : text)
}
