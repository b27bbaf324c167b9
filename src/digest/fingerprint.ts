/**
 * A 64-bit xxh64 value. Names something in a memo of this machine; anybody can make two contents with the same one, so
 * it never decides that they are equal: that is what a `Digest` is for.
 */
export type Fingerprint = bigint & { readonly __brand: 'Fingerprint' }

/** The fingerprint of some bytes, or of a text as UTF-8. */
export type TakeFingerprint = (text: string | Uint8Array) => Fingerprint

/** Loads and starts the WebAssembly module: a few milliseconds, so only when it is wanted, and once a process. */
export async function openFingerprint(): Promise<TakeFingerprint> {
  const { default: xxhash } = await import('xxhash-wasm')
  const { h64, h64Raw } = await xxhash()
  return (text) => (typeof text === 'string' ? h64(text) : h64Raw(text)) as Fingerprint
}
