import { createPublicKey, type KeyObject, sign } from 'node:crypto'
import { mpint, strings } from './wire.ts'

/** A private key as SSH uses it. */
export interface SshKey {
  /** The public key as it goes over the wire. */
  readonly publicBlob: Buffer
  /** A signature as it goes over the wire: the name of its form, and its bytes. `flags` are those of a sign request. */
  sign(data: Uint8Array, flags: number): Buffer
}

/** Flags of a sign request: which hash RSA is to be used with. */
const rsaSha256 = 2
const rsaSha512 = 4

/** The names of the curves in JWK and SSH, and what hash goes with them. */
const curves: ReadonlyMap<string, { readonly name: string; readonly hash: string }> = new Map([
  ['P-256', { name: 'nistp256', hash: 'sha256' }],
  ['P-384', { name: 'nistp384', hash: 'sha384' }],
  ['P-521', { name: 'nistp521', hash: 'sha512' }],
])

/** The key for SSH; undefined for a kind that SSH does not use. */
export function sshKey(key: KeyObject): SshKey | undefined {
  switch (key.asymmetricKeyType) {
    case 'rsa':
      return rsaKey(key)
    case 'ec':
      return ecdsaKey(key)
    case 'ed25519':
      return ed25519Key(key)
    default:
      return undefined
  }
}

function rsaKey(key: KeyObject): SshKey {
  const { n, e } = publicNumbers(key)
  return {
    publicBlob: strings('ssh-rsa', mpint(number(e)), mpint(number(n))),
    sign(data, flags) {
      if (flags & rsaSha512) return strings('rsa-sha2-512', sign('sha512', data, key))
      if (flags & rsaSha256) return strings('rsa-sha2-256', sign('sha256', data, key))
      return strings('ssh-rsa', sign('sha1', data, key))
    },
  }
}

function ecdsaKey(key: KeyObject): SshKey | undefined {
  const { crv, x, y } = publicNumbers(key)
  const curve = curves.get(crv ?? '')
  if (!curve) return undefined
  const form = `ecdsa-sha2-${curve.name}`
  return {
    publicBlob: strings(form, curve.name, Buffer.concat([Uint8Array.of(4), number(x), number(y)])),
    sign(data) {
      const both = sign(curve.hash, data, { key, dsaEncoding: 'ieee-p1363' })
      const [r, s] = [both.subarray(0, both.length / 2), both.subarray(both.length / 2)]
      return strings(form, strings(mpint(r), mpint(s)))
    },
  }
}

function ed25519Key(key: KeyObject): SshKey {
  const { x } = publicNumbers(key)
  return {
    publicBlob: strings('ssh-ed25519', number(x)),
    sign: (data) => strings('ssh-ed25519', sign(null, data, key)),
  }
}

function publicNumbers(key: KeyObject) {
  return createPublicKey(key).export({ format: 'jwk' })
}

function number(base64: string | undefined): Buffer {
  return Buffer.from(base64 ?? '', 'base64url')
}
