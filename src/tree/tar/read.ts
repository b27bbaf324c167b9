import type { Extract, Header } from 'tar-stream'
import { TsbuildError } from '../../errors.ts'
import { archiveError } from './archive-error.ts'
import { byteReader } from './byte-reader.ts'
import { type ArchiveLimits, defaultArchiveLimits } from './limits.ts'
import { type ArchiveForm, entryOf, type TarEntry } from './member.ts'
import { type PlainMember, plainTar } from './plain.ts'
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
  const { default: tar } = await import('tar-stream')
  const reader = byteReader(bytes)
  const found: PlainMember[] = []
  const members: Extract = tar.extract(readOptions)
  const feeding = feed(
    plainTar(reader, limits, (member) => found.push(member)),
    members,
  )
  const budget = { left: limits.unpackedBytes }
  try {
    for await (const stream of members) {
      const member = found.shift()
      if (!member) throw new Error('tar-stream found a member that is not there')
      const body = restartable(stream)
      yield* asMember(member, stream.header, body, form, limits, budget)
      for await (const _ of body);
    }
  } finally {
    members.destroy(null)
    await feeding
    await reader.close()
  }
}

/** Every byte of a name a character: it is decoded when it is known which header counts. v7 headers have no magic. */
const readOptions: object = { filenameEncoding: 'latin1', allowUnknownFormat: true }

/** To leave a loop over a stream of tar-stream destroys the whole archive: here the next loop goes on. */
function restartable(stream: AsyncIterable<unknown>): AsyncIterable<Uint8Array> {
  const source = (stream as AsyncIterable<Uint8Array>)[Symbol.asyncIterator]()
  return { [Symbol.asyncIterator]: () => ({ next: () => source.next() }) }
}

function* asMember(
  member: PlainMember,
  header: Header,
  stream: AsyncIterable<Uint8Array>,
  form: ArchiveForm,
  limits: ArchiveLimits,
  budget: { left: number },
): Generator<TarMember, void, undefined> {
  const entry = numbered(member.number, () => entryOf(member, header, form, limits))
  if (!entry) return
  if (entry.kind !== 'file') {
    yield { entry, body: nothing(), offset: undefined }
    return
  }
  budget.left -= entry.size
  if (budget.left < 0) {
    throw archiveError('TSB_ARCHIVE_BOMB', `the files of the archive have more than ${limits.unpackedBytes} bytes`)
  }
  const { sparse } = member
  if (sparse) yield { entry, body: expandSparse(sparse, byteReader(stream), limits), offset: undefined }
  else yield { entry, body: stream, offset: member.offset }
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

/** Writes the plain archive into tar-stream, which cuts it into members. What goes wrong is thrown by reading those. */
async function feed(plain: AsyncIterable<Uint8Array>, members: Extract): Promise<void> {
  try {
    for await (const piece of plain) {
      if (!members.write(piece)) await drained(members)
      if (members.destroyed) return
    }
    members.end(null)
  } catch (error) {
    members.destroy(error instanceof Error ? error : new Error(String(error)))
  }
}

function drained(members: Extract): Promise<void> {
  if (members.destroyed) return Promise.resolve()
  return new Promise((resolve) => {
    const done = () => {
      members.off('drain', done)
      members.off('close', done)
      resolve()
    }
    members.on('drain', done)
    members.on('close', done)
  })
}

async function* nothing(): AsyncGenerator<Uint8Array, void, undefined> {}
