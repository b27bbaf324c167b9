/** Bytes, and the same for writing numbers: the methods of a `Buffer` take twice as long. */
export interface Bytes {
  readonly buffer: Buffer
  readonly view: DataView
}

/** Bytes that grow at their end, zeros at first. */
export interface Area {
  /** All bytes that there may be; others after each `take`. */
  bytes(): Bytes
  length(): number
  /** Makes room. @returns where it begins, a multiple of `alignment` */
  take(size: number, alignment: number): number
}

export function openArea(): Area {
  let bytes = bytesOf(1 << 16)
  let length = 0
  return {
    bytes: () => bytes,
    length: () => length,
    take(size, alignment) {
      const start = alignUp(length, alignment)
      length = start + size
      if (length > bytes.buffer.length) {
        const larger = bytesOf(Math.max(length, 2 * bytes.buffer.length))
        larger.buffer.set(bytes.buffer)
        bytes = larger
      }
      return start
    },
  }
}

export function bytesOf(length: number): Bytes {
  const buffer = Buffer.alloc(length)
  return { buffer, view: new DataView(buffer.buffer, buffer.byteOffset, buffer.length) }
}

export function alignUp(offset: number, alignment: number): number {
  const over = offset % alignment
  return over === 0 ? offset : offset + alignment - over
}

/** A number of 64 bits, of which it has 53. */
export function setLong(view: DataView, at: number, value: number): void {
  view.setUint32(at, value % 2 ** 32, true)
  view.setUint32(at + 4, Math.floor(value / 2 ** 32), true)
}
