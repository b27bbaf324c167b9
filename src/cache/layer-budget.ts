import { TsbuildError } from '../errors.ts'
import { type LimitName, limitHint } from '../limits.ts'
import { absolutePath, type Change, type FileEntry, type LayerBudget } from '../tree/index.ts'

/**
 * Before anything is read: a file may have holes that no disk has room for.
 * @param budget a layer that is made may hold what one that is read may: who takes the image has limits too
 * @throws {TsbuildError} TSB_LAYER_TOO_LARGE
 */
export function checkLayerSize(changes: readonly Change[], { entries, unpackedBytes }: LayerBudget): void {
  if (changes.length > entries)
    throw tooLarge('archive-entries', `${changes.length} files and directories; at most ${entries} are taken`)
  let bytes = 0
  for (const change of changes) {
    if (change.kind === 'file') bytes += change.size
    if (bytes > unpackedBytes)
      throw tooLarge('archive-bytes', `more than ${unpackedBytes} bytes: ${absolutePath(change.path)} is too much`)
  }
}

/** The same for one file whose digest is wanted. @throws {TsbuildError} TSB_LAYER_TOO_LARGE */
export function checkFileSize({ path, size }: FileEntry, { unpackedBytes }: LayerBudget): void {
  if (size > unpackedBytes)
    throw tooLarge('archive-bytes', `${absolutePath(path)} has ${size} bytes; at most ${unpackedBytes} are taken`)
}

function tooLarge(limit: LimitName, what: string): TsbuildError {
  return new TsbuildError('TSB_LAYER_TOO_LARGE', `a layer cannot hold so much: ${what}`, {
    hint: `leave out in .dockerignore what the image does not need, or remove it in the same RUN; ${limitHint(limit)}`,
  })
}
