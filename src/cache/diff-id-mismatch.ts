import type { Digest } from '../digest/index.ts'
import { TsbuildError } from '../errors.ts'

/** For a layer that is not what the config of its image says. */
export function diffIdMismatch(blob: Digest, expected: Digest, found: Digest): TsbuildError {
  return new TsbuildError('TSB_DIFFID_MISMATCH', `layer ${blob} unpacks to ${found}, its image says ${expected}`, {
    hint: 'the image is damaged, or its maker is not to be trusted: get it again, with --pull=always from a registry',
  })
}
