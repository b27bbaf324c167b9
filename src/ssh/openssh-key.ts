import { createPrivateKey, type JsonWebKey, type KeyObject } from 'node:crypto'
import { magnitude, readWire, type WireReader } from './wire.ts'

const magic = 'openssh-key-v1\0'

/** What a key file of OpenSSH holds: a key, or what keeps us from it. */
export type OpensshKey = { readonly key: KeyObject } | { readonly problem: 'encrypted' } | { readonly unknown: string }

/**
 * Reads the body of a `BEGIN OPENSSH PRIVATE KEY` block.
 * @throws {RangeError} for one that is cut short or no such thing; whatever node:crypto throws for numbers that are no key
 * @see https://github.com/openssh/openssh-portable/blob/master/PROTOCOL.key
 */
export function readOpensshKey(body: Uint8Array): OpensshKey {
  const wire = readWire(body)
  if (wire.take(magic.length).toString('latin1') !== magic) throw new RangeError('it does not begin as such a key does')
  const cipher = wire.text()
  wire.bytes() // how a passphrase becomes a key,
  wire.bytes() // and its settings
  if (wire.uint32() !== 1) throw new RangeError('it has not exactly one key')
  wire.bytes() // the public key
  return cipher === 'none' ? readPrivatePart(readWire(wire.bytes())) : { problem: 'encrypted' }
}

function readPrivatePart(wire: WireReader): OpensshKey {
  const [check, again] = [wire.uint32(), wire.uint32()]
  if (check !== again) throw new RangeError('its check numbers differ')
  const kind = wire.text()
  const read = readers.get(kind)
  if (!read) return { unknown: kind }
  return { key: createPrivateKey({ key: read(wire), format: 'jwk' }) }
}

const readers: ReadonlyMap<string, (wire: WireReader) => JsonWebKey> = new Map([
  ['ssh-ed25519', readEd25519],
  ['ssh-rsa', readRsa],
  ['ecdsa-sha2-nistp256', (wire) => readEcdsa(wire, 'P-256')],
  ['ecdsa-sha2-nistp384', (wire) => readEcdsa(wire, 'P-384')],
  ['ecdsa-sha2-nistp521', (wire) => readEcdsa(wire, 'P-521')],
])

function readEd25519(wire: WireReader): JsonWebKey {
  const x = wire.bytes()
  const both = wire.bytes()
  return { kty: 'OKP', crv: 'Ed25519', x: base64(x), d: base64(both.subarray(0, 32)) }
}

function readEcdsa(wire: WireReader, crv: string): JsonWebKey {
  wire.bytes() // the name of the curve once more
  const point = wire.bytes()
  const size = (point.length - 1) / 2
  if (point[0] !== 4 || !Number.isInteger(size)) throw new RangeError('its public key is no point')
  const d = magnitude(wire.bytes())
  if (d.length > size) throw new RangeError('its number is too large for the curve')
  const padded = Buffer.concat([Buffer.alloc(size - d.length), d])
  return {
    kty: 'EC',
    crv,
    x: base64(point.subarray(1, 1 + size)),
    y: base64(point.subarray(1 + size)),
    d: base64(padded),
  }
}

/** The file leaves out two numbers that JWK wants: they follow from the others. */
function readRsa(wire: WireReader): JsonWebKey {
  const [n, e, d, qi, p, q] = [wire, wire, wire, wire, wire, wire].map((from) => magnitude(from.bytes()))
  if (!n || !e || !d || !qi || !p || !q) throw new RangeError('it has too few numbers')
  const dp = modulo(d, p)
  const dq = modulo(d, q)
  return {
    kty: 'RSA',
    n: base64(n),
    e: base64(e),
    d: base64(d),
    p: base64(p),
    q: base64(q),
    dp: base64(dp),
    dq: base64(dq),
    qi: base64(qi),
  }
}

/** `d mod (prime - 1)` */
function modulo(d: Buffer, prime: Buffer): Buffer {
  const divisor = toBigInt(prime) - 1n
  if (divisor <= 0n) throw new RangeError('its factors are no primes')
  const hex = (toBigInt(d) % divisor).toString(16)
  return Buffer.from(hex.padStart(hex.length + (hex.length % 2), '0'), 'hex')
}

function toBigInt(number: Buffer): bigint {
  return BigInt(`0x${number.toString('hex')}`)
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64url')
}
