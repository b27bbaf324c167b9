/**
 * Numbers of the EROFS format, all little endian.
 * @see https://erofs.docs.kernel.org/en/latest/core_ondisk.html
 * @see https://git.kernel.org/pub/scm/linux/kernel/git/torvalds/linux.git/tree/fs/erofs/erofs_fs.h
 */

/** The smallest one that there is: that of a tar, so that each file of it begins with a block. */
export const blockBits = 9
export const blockSize = 1 << blockBits
/** An inode has the number of its slot. */
export const slotSize = 32

/** Where things are at the beginning of an image. */
export const superblockOffset = 1024
export const deviceOffset = 1152
export const deviceSize = 128
export const headerSize = deviceOffset + deviceSize

export const magic = 0xe0f5e1e2
/** Features that a reader has to know: chunks, and a table of further devices. */
export const incompatibleFeatures = 0x4 | 0x8

/** How the bytes of an inode are kept. */
export const layouts = {
  /** In blocks of the image, one after the other. */
  plain: 0,
  /** Behind the inode, in the same block as its end. */
  inline: 2,
  /** Where a table behind the inode says. */
  chunks: 4,
} as const

/** Chunks are named by device and block; the lowest five bits are their size, as a power of two of blocks. */
export const chunkIndexes = 0x20
export const chunkIndexSize = 8
export const largestChunkBits = 31

/** The kind of a file, as the upper bits of its mode and as an entry of a directory has it. */
export const types = {
  file: { bits: 0o100000, code: 1 },
  directory: { bits: 0o040000, code: 2 },
  character: { bits: 0o020000, code: 3 },
  block: { bits: 0o060000, code: 4 },
  fifo: { bits: 0o010000, code: 5 },
  symlink: { bits: 0o120000, code: 7 },
} as const

export const direntSize = 12
export const longestName = 255
