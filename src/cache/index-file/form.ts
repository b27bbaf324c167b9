/**
 * An index file: blocks, then a header, then a foot of fixed length. Children come before parents, so that each block is
 * named by those above it with its digest, up to the header, which the foot names with its digest: what was read is known
 * to be what was written, and nothing else has to be read for that.
 *
 * - page: number of records (4 bytes), where each begins (4 bytes each, from the beginning of the page), records
 * - list of pages: number of pages, then of each its first name and its reference
 * - bytes of a file that are not in the tar
 * - implied directories: their number, their paths
 * - header: bytes of the tar; bytes before the header and their digest; record of the root; reference to the implied ones
 * - foot: length of the header (4 bytes), magic (8 bytes), digest of the header and of these
 */
export const magic = Buffer.from('tsbidx2\n')
export const footLength = 4 + magic.length + 32
