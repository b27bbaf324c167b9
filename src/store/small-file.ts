/** Whether bytes are written sooner than a thread is asked to write them. */
export function isSmall(bytes: Uint8Array | string): boolean {
  return bytes.length <= 64 << 10
}
