import { TsbuildError } from '../errors.ts'
import { absolutePath, type Change, defaultArchiveLimits, type FileEntry } from '../tree/index.ts'

/** A layer that is made may hold what one that is read may: who takes the image has limits too. */
const { entries, unpackedBytes } = defaultArchiveLimits

/**
 * Before anything is read: a file may have holes that no disk has room for.
 * @throws {TsbuildError} TSB_LAYER_TOO_LARGE
 */
export function checkLayerSize(changes: readonly Change[]): void {
  if (changes.length > entries) throw tooLarge(`${changes.length} files and directories; at most ${entries} are taken`)
  let bytes = 0
  for (const change of changes) {
    if (change.kind === 'file') bytes += change.size
    if (bytes > unpackedBytes)
      throw tooLarge(`more than ${unpackedBytes} bytes: ${absolutePath(change.path)} is too much`)
  }
}

/** The same for one file whose digest is wanted. @throws {TsbuildError} TSB_LAYER_TOO_LARGE */
export function checkFileSize({ path, size }: FileEntry): void {
  if (size > unpackedBytes)
    throw tooLarge(`${absolutePath(path)} has ${size} bytes; at most ${unpackedBytes} are taken`)
}

function tooLarge(what: string): TsbuildError {
  return new TsbuildError('TSB_LAYER_TOO_LARGE', `a layer cannot hold so much: ${what}`, {
    hint: 'leave out in .dockerignore what the image does not need, or remove it in the same RUN',
  })
}
