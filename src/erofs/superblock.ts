import {
  blockBits,
  blockSize,
  deviceOffset,
  deviceSize,
  incompatibleFeatures,
  magic,
  superblockOffset,
} from './format.ts'

export interface Superblock {
  /** 64 hexadecimal digits: the tag of the tar, and half of them the name of the file system. */
  readonly name: string
  readonly rootNumber: number
  readonly inodes: number
  /** Seconds: the time of inodes that have none of their own. */
  readonly epoch: number
  /** Bytes of the image. */
  readonly imageSize: number
  /** Bytes of the tar, which is the only further device. */
  readonly tarSize: number
}

/** Writes it, and the table of further devices. */
export function writeSuperblock(bytes: Buffer, block: Superblock): void {
  const at = superblockOffset
  bytes.writeUInt32LE(magic, at)
  bytes.writeUInt8(blockBits, at + 12)
  bytes.writeUInt16LE(block.rootNumber, at + 14)
  bytes.writeBigUInt64LE(BigInt(block.inodes), at + 16)
  bytes.writeBigInt64LE(BigInt(block.epoch), at + 24)
  bytes.writeUInt32LE(block.imageSize / blockSize, at + 36)
  bytes.set(Buffer.from(block.name.slice(0, 32), 'hex'), at + 48)
  bytes.writeUInt32LE(incompatibleFeatures, at + 80)
  bytes.writeUInt16LE(1, at + 86)
  bytes.writeUInt16LE(deviceOffset / deviceSize, at + 88)
  bytes.write(block.name, deviceOffset, 64, 'latin1')
  bytes.writeUInt32LE(Math.ceil(block.tarSize / blockSize), deviceOffset + 64)
}
