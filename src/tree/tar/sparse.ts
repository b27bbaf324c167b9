import { archiveError, beyondLimit } from './archive-error.ts'
import type { ByteReader } from './byte-reader.ts'
import { blockSize, numberField } from './fields.ts'
import type { ArchiveLimits } from './limits.ts'
import type { PaxRecords } from './pax.ts'

/** A file with holes: only its parts are in the archive, one after the other. */
export interface SparseFile {
  /** Size with the holes. */
  readonly size: number
  /** The parts in order; `inBody` when the map stands before the data (form 1.0). */
  readonly map: readonly SparsePart[] | 'inBody'
}
export interface SparsePart {
  readonly offset: number
  readonly length: number
}

/**
 * How PAX records describe a sparse file (GNU forms 0.0, 0.1 and 1.0); undefined for an ordinary one.
 * @throws {TsbuildError} TSB_ARCHIVE_SPARSE for another form or a damaged or overlong map
 * @see https://www.gnu.org/software/tar/manual/html_node/Sparse-Formats.html
 */
export function sparseFromPax(pax: PaxRecords, limits: ArchiveLimits): SparseFile | undefined {
  if (pax.size === 0) return undefined
  const text = (key: string) => pax.get(`GNU.sparse.${key}`)?.toString('latin1')
  const version = [text('major'), text('minor')].join('.')
  const [map, size] = [text('map'), text('realsize') ?? text('size')]
  if (version === '1.0' && size !== undefined) return { size: wholeNumber(size), map: 'inBody' }
  if (version !== '.' && version !== '0.1' && version !== '0.0') throw sparseError(`unknown sparse form ${version}`)
  if (map !== undefined && size !== undefined) return checkedMap(wholeNumber(size), map.split(','), limits)
  if (map !== undefined || size !== undefined) throw sparseError('an incomplete sparse map')
  return undefined
}

/**
 * The old GNU form: four parts in the header, more in the blocks after it, which are read here.
 * @throws {TsbuildError} TSB_ARCHIVE_SPARSE
 */
export async function sparseFromHeader(
  block: Uint8Array,
  rest: ByteReader,
  limits: ArchiveLimits,
): Promise<SparseFile> {
  const size = numberField(block, [483, 12], 'TSB_ARCHIVE_SPARSE')
  const numbers = partFields(block, 386, 4)
  for (let more = block[482] === 1; more; ) {
    const extension = await rest.read(blockSize)
    if (!extension || numbers.length > 2 * limits.sparseParts) throw tooManyParts(limits)
    numbers.push(...partFields(extension, 0, 21))
    more = extension[504] === 1
  }
  return checkedMap(size, numbers, limits)
}

/** The whole file, holes as zeros. @throws {TsbuildError} TSB_ARCHIVE_SPARSE, TSB_ARCHIVE_TRUNCATED */
export async function* expandSparse(
  file: SparseFile,
  stored: ByteReader,
  limits: ArchiveLimits,
): AsyncGenerator<Uint8Array, void, undefined> {
  const { map, size } = file.map === 'inBody' ? await mapInBody(file.size, stored, limits) : { ...file, map: file.map }
  let position = 0
  for (const part of map) {
    yield* zeros(part.offset - position)
    yield* stored.pieces(part.length)
    position = part.offset + part.length
  }
  yield* zeros(size - position)
}

function* zeros(size: number): Generator<Uint8Array, void, undefined> {
  const block = new Uint8Array(Math.min(size, 64 * 1024))
  for (let left = size; left > 0; left -= block.length) yield left < block.length ? block.subarray(0, left) : block
}

/** Offsets and lengths, up to the first empty one. */
function partFields(block: Uint8Array, from: number, count: number): string[] {
  const numbers: string[] = []
  for (let at = from; at < from + count * 24 && block[at] !== 0; at += 12) {
    numbers.push(String(numberField(block, [at, 12], 'TSB_ARCHIVE_SPARSE')))
  }
  return numbers
}

/** Decimal numbers, one a line, padded to a block: how many parts, then offset and length of each. */
async function mapInBody(size: number, stored: ByteReader, limits: ArchiveLimits) {
  const numbers: string[] = []
  let rest = ''
  let expected = 1
  while (numbers.length < expected) {
    const block = await stored.read(blockSize)
    if (!block) throw sparseError('a sparse map without an end')
    const lines = (rest + Buffer.from(block).toString('latin1')).split('\n')
    rest = lines.pop() ?? ''
    if (rest.length > blockSize) throw sparseError('a sparse map without lines')
    numbers.push(...lines)
    expected = 1 + 2 * wholeNumber(numbers[0] ?? '')
    if (expected > 1 + 2 * limits.sparseParts) throw tooManyParts(limits)
  }
  return { size, map: checkedMap(size, numbers.slice(1, expected), limits).map }
}

function checkedMap(size: number, numbers: readonly string[], limits: ArchiveLimits) {
  if (numbers.length > 2 * limits.sparseParts) throw tooManyParts(limits)
  if (numbers.length % 2 !== 0) throw sparseError('an incomplete sparse map')
  const map: SparsePart[] = []
  let position = 0
  for (let at = 0; at < numbers.length; at += 2) {
    const part = { offset: wholeNumber(numbers[at] ?? ''), length: wholeNumber(numbers[at + 1] ?? '') }
    if (part.offset < position || part.offset + part.length > size) throw sparseError('a sparse map out of order')
    position = part.offset + part.length
    map.push(part)
  }
  return { size, map }
}

function wholeNumber(text: string): number {
  if (/^[0-9]{1,15}$/.test(text)) return Number(text)
  throw sparseError('a sparse map with something else than numbers')
}

function tooManyParts({ sparseParts }: ArchiveLimits): Error {
  return beyondLimit('sparse-parts', 'TSB_ARCHIVE_SPARSE', `a sparse map of more than ${sparseParts} parts`)
}

function sparseError(message: string): Error {
  return archiveError('TSB_ARCHIVE_SPARSE', message)
}
