import { FlagError } from './flag-error.ts'
import { readChoice } from './limits.ts'

const entitlements = ['network.host', 'security.insecure'] as const

export type Entitlement = (typeof entitlements)[number]

/**
 * What `--allow` grants.
 * @throws {FlagError} for what cannot be granted here
 */
export function readAllow(text: string): Entitlement {
  if (/^device(=|$)/.test(text)) {
    throw new FlagError(
      `--allow ${text}: steps get no devices of this machine`,
      'take RUN --device out of the Dockerfile',
    )
  }
  return readChoice('--allow', text, entitlements)
}
