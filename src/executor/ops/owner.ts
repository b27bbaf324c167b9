import { TsbuildError } from '../../errors.ts'
import type { Limits } from '../../limits.ts'
import { type Entry, treeOfEntries } from '../../tree/index.ts'
import { type Owner, resolveOwner } from '../users.ts'
import type { SnapshotValue } from '../values.ts'

/**
 * Who owns what a COPY or WORKDIR makes. Names are looked up in the files below; one that is not there is 0, as BuildKit has
 * it, and is told.
 * @param below undefined for `--link`, which looks at no files
 * @throws {TsbuildError} TSB_UNKNOWN_USER for a name where there are no files at all; TSB_USER_RANGE
 */
export async function ownerOf(
  spec: string,
  below: SnapshotValue | undefined,
  asked: '--chown' | 'WORKDIR',
  notice: (message: string) => void,
  limits?: Limits,
): Promise<Owner> {
  const hasFiles = below !== undefined && below.layers.length > 0
  const unknown = (name: string) => {
    if (!hasFiles) throw nowhere(name, below === undefined)
    notice(`${asked}: no user or group "${name}" in the image, using 0`)
  }
  const files = hasFiles ? await below.tree() : treeOfEntries<Entry>([])
  return resolveOwner(spec, files, unknown, limits?.['account-bytes'])
}

function nowhere(name: string, isLink: boolean): TsbuildError {
  const why = isLink ? '--link has no files' : 'an empty image has no files'
  return new TsbuildError('TSB_UNKNOWN_USER', `invalid user index: ${why} to look "${name}" up in`, {
    hint: isLink ? 'use numbers in --chown, or leave --link out' : 'use numbers, or copy an /etc/passwd first',
  })
}
