/** Bytes gathered in large pieces: one write, one hash and one wait for many small files. */
export interface Batch {
  /** True when so many fit without `take`. */
  fits(size: number): boolean
  /** Room for so many bytes, to be written at once. */
  reserve(size: number): Buffer
  /** What was gathered; the next piece has room for at least `size` bytes. */
  take(size?: number): Uint8Array
}

export function openBatch(usualSize: number): Batch {
  let bytes = Buffer.allocUnsafeSlow(usualSize)
  let used = 0
  return {
    fits: (size) => used + size <= bytes.length,
    reserve(size) {
      used += size
      return bytes.subarray(used - size, used)
    },
    take(size = 0) {
      const taken = bytes.subarray(0, used)
      bytes = Buffer.allocUnsafeSlow(Math.max(usualSize, size))
      used = 0
      return taken
    },
  }
}
