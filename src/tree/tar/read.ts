import { TsbuildError } from '../../errors.ts'
import { beyondLimit } from './archive-error.ts'
import { byteReader } from './byte-reader.ts'
import { type ArchiveLimits, defaultArchiveLimits } from './limits.ts'
import { type ArchiveForm, entryOf, type TarEntry } from './member.ts'
import { plainMembers, type ReadMember } from './plain.ts'
import { expandSparse } from './sparse.ts'

/** One member of an archive. */
export interface TarMember {
  readonly entry: TarEntry
  /** The bytes of a file; none for anything else. To be read before the next member is asked for, once, or not at all. */
  readonly body: AsyncIterable<Uint8Array>
  /** Where the data of a file begins in the uncompressed archive; undefined when it is not there in one piece (sparse). */
  readonly offset: number | undefined
}

/**
 * Reads a tar: its members in archive order, whatever dialect it has (v7, ustar, PAX, GNU). Names are judged as paths of a
 * tree only; that a parent is a link is for who writes them somewhere. Bytes after the end mark are read and ignored.
 * @throws {TsbuildError} TSB_ARCHIVE_…, TSB_WHITEOUT_NAME
 */
export async function* readTar(
  bytes: AsyncIterable<Uint8Array>,
  form: ArchiveForm,
  limits: ArchiveLimits = defaultArchiveLimits,
): AsyncGenerator<TarMember, void, undefined> {
  const reader = byteReader(bytes)
  const budget = { left: limits.unpackedBytes }
  try {
    for await (const member of plainMembers(reader, limits)) yield* asMember(member, form, limits, budget)
  } finally {
    await reader.close()
  }
}

function* asMember(
  member: ReadMember,
  form: ArchiveForm,
  limits: ArchiveLimits,
  budget: { left: number },
): Generator<TarMember, void, undefined> {
  const entry = numbered(member.number, () => entryOf(member, form, limits))
  if (!entry) return
  if (entry.kind !== 'file') {
    yield { entry, body: nothing(), offset: undefined }
    return
  }
  budget.left -= entry.size
  if (budget.left < 0) {
    throw beyondLimit(
      'archive-bytes',
      'TSB_ARCHIVE_BOMB',
      `the files of the archive have more than ${limits.unpackedBytes} bytes`,
    )
  }
  const { sparse, data } = member
  if (sparse) yield { entry, body: expandSparse(sparse, byteReader(data), limits), offset: undefined }
  else yield { entry, body: data, offset: member.offset }
}

/** Says in an error which member it is about. */
function numbered<T>(number: number, work: () => T): T {
  try {
    return work()
  } catch (error) {
    if (!(error instanceof TsbuildError)) throw error
    throw new TsbuildError(error.code, `entry ${number}: ${error.message}`, { cause: error.cause, hint: error.hint })
  }
}

async function* nothing(): AsyncGenerator<Uint8Array, void, undefined> {}
