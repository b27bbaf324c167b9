import { isIP } from 'node:net'
import { TsbuildError } from '../errors.ts'

/** A name of `--add-host`, and where it is: an IP address, or `host-gateway` for this machine. */
export interface AddedHost {
  readonly name: string
  readonly address: string
}

/**
 * `name:ip` or `name=ip`, the address also in brackets.
 * @throws {TsbuildError} TSB_HOST_FORMAT
 */
export function parseAddHost(text: string): AddedHost {
  const [, name, written = ''] = /^([A-Za-z0-9._-]+)[:=](\S+)$/.exec(text) ?? []
  const address = /^\[(.+)\]$/.exec(written)?.[1] ?? written
  if (name !== undefined && (address === 'host-gateway' || isIP(address) !== 0)) return { name, address }
  throw new TsbuildError('TSB_HOST_FORMAT', `not a host and its address: ${JSON.stringify(text)}`, {
    hint: 'write it name:ip, such as db:10.0.0.5, or name:host-gateway for this machine',
  })
}
