import type { Agent } from './agent.ts'
import { failure, message } from './messages.ts'
import type { SshKey } from './ssh-key.ts'
import { readWire, strings, uint32 } from './wire.ts'

/** An agent with these keys. They can be listed and sign, and nothing of them can be had or changed. */
export function keyring(keys: readonly SshKey[]): Agent {
  const request = async (asked: Uint8Array): Promise<Uint8Array> => {
    if (asked[0] === message.requestIdentities) return identities(keys)
    return asked[0] === message.signRequest ? signature(asked.subarray(1), keys) : failure
  }
  return { connect: () => ({ request, close() {} }) }
}

function identities(keys: readonly SshKey[]): Uint8Array {
  const rows = keys.map((key) => strings(key.publicBlob, ''))
  return Buffer.concat([Uint8Array.of(message.identitiesAnswer), uint32(keys.length), ...rows])
}

function signature(request: Uint8Array, keys: readonly SshKey[]): Uint8Array {
  const asked = readSignRequest(request)
  const key = asked && keys.find(({ publicBlob }) => publicBlob.equals(asked.publicBlob))
  const signed = key && trySign(key, asked.data, asked.flags)
  return signed ? Buffer.concat([Uint8Array.of(message.signResponse), strings(signed)]) : failure
}

/** Nothing when OpenSSL refuses, as it does a hash that is too long for a short key. */
function trySign(key: SshKey, data: Uint8Array, flags: number): Uint8Array | undefined {
  try {
    return key.sign(data, flags)
  } catch (error) {
    if (error instanceof Error && 'code' in error && String(error.code).startsWith('ERR_OSSL_')) return undefined
    throw error
  }
}

function readSignRequest(request: Uint8Array) {
  const wire = readWire(request)
  try {
    return { publicBlob: wire.bytes(), data: wire.bytes(), flags: wire.uint32() }
  } catch (error) {
    if (error instanceof RangeError) return undefined
    throw error
  }
}
