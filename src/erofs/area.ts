/** Bytes that grow at their end, zeros at first. */
export interface Area {
  /** All bytes that there may be; another buffer after each `take`. */
  bytes(): Buffer
  length(): number
  /** Makes room. @returns where it begins, a multiple of `alignment` */
  take(size: number, alignment: number): number
}

export function openArea(): Area {
  let bytes = Buffer.alloc(1 << 16)
  let length = 0
  return {
    bytes: () => bytes,
    length: () => length,
    take(size, alignment) {
      const start = alignUp(length, alignment)
      length = start + size
      if (length > bytes.length) {
        const larger = Buffer.alloc(Math.max(length, 2 * bytes.length))
        bytes.copy(larger)
        bytes = larger
      }
      return start
    },
  }
}

export function alignUp(offset: number, alignment: number): number {
  return Math.ceil(offset / alignment) * alignment
}
