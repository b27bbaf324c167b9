import { createHash, hash } from 'node:crypto'
import { TsbuildError } from '../errors.ts'

/** `sha256:` and 64 lower-case hex digits: the name of some bytes. Only this folder makes one. */
export type Digest = string & { readonly __brand: 'Digest' }

const digestPattern = /^sha256:[0-9a-f]{64}$/

/** True when the text is a digest as the OCI image spec writes it, of the one algorithm that tsbuild takes. */
export function isDigest(text: string): text is Digest {
  return digestPattern.test(text)
}

/**
 * Checks the text of a digest.
 * @throws {TsbuildError} TSB_DIGEST_FORMAT for another algorithm, upper case or a wrong length.
 * @see https://github.com/opencontainers/image-spec/blob/main/descriptor.md#digests
 */
export function parseDigest(text: string): Digest {
  if (isDigest(text)) return text
  throw new TsbuildError('TSB_DIGEST_FORMAT', `not a digest: ${JSON.stringify(text.slice(0, 100))}`, {
    hint: 'a digest is sha256: and 64 lower-case hex digits',
  })
}

/** The 64 hex digits after `sha256:`. */
export function hexOf(digest: Digest): string {
  return digest.slice('sha256:'.length)
}

/** The digest of some bytes, or of a text as UTF-8. */
export function sha256(bytes: Uint8Array | string): Digest {
  return `sha256:${hash('sha256', bytes)}` as Digest
}

/** A digest in the making: feed it with `update`, end it with `digest`. */
export interface Hasher {
  update(bytes: Uint8Array | string): this
  digest(): Digest
}

/** Starts a sha256 over bytes that come piece by piece. */
export function sha256Hasher(): Hasher {
  const hash = createHash('sha256')
  return {
    update(bytes) {
      hash.update(bytes)
      return this
    },
    digest: () => `sha256:${hash.digest('hex')}` as Digest,
  }
}
