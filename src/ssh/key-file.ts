import { createPrivateKey, type KeyObject } from 'node:crypto'
import { TsbuildError } from '../errors.ts'
import { type OpensshKey, readOpensshKey } from './openssh-key.ts'
import { type SshKey, sshKey } from './ssh-key.ts'

/** Longest key file that is read, in bytes; that of BuildKit. */
export const keyFileLimit = 100 * 1024

/**
 * The private key in a file of OpenSSH, or in PEM (PKCS #1, SEC 1, PKCS #8).
 * @param file how errors name it; nothing of `text` is ever in a message
 * @throws {TsbuildError} TSB_SSH_KEY
 */
export function parseKeyFile(file: string, text: string): SshKey {
  const block = /-----BEGIN ([A-Z0-9 ]+)-----\s+([\s\S]*?)-----END \1-----/.exec(text)
  const [pem = '', label = '', body = ''] = block ?? []
  if (!label.endsWith('PRIVATE KEY')) throw noKey(file, text)
  if (isEncrypted(label, body)) throw encrypted(file)
  const found = readBlock(file, label, body, pem)
  if ('problem' in found) throw encrypted(file)
  const key = 'key' in found ? sshKey(found.key) : undefined
  if (key) return key
  const kind = 'unknown' in found ? found.unknown : (found.key.asymmetricKeyType ?? label)
  throw keyError(file, `ssh: unsupported key type ${JSON.stringify(kind)}`, {
    hint: 'Ed25519, ECDSA and RSA keys can be read; give others by an agent: ssh-add, then --ssh default',
  })
}

function readBlock(file: string, label: string, body: string, pem: string): OpensshKey {
  try {
    if (label === 'OPENSSH PRIVATE KEY') return readOpensshKey(Buffer.from(body, 'base64'))
    return { key: pemKey(pem) }
  } catch (error) {
    if (!isKeyProblem(error)) throw error
    throw keyError(file, 'ssh: the private key is damaged', {
      hint: 'ssh-keygen -y -f FILE tells whether it can be read',
    })
  }
}

function pemKey(pem: string): KeyObject {
  return createPrivateKey({ key: pem, format: 'pem' })
}

/** What is thrown for bytes that are no key: our own reader, and OpenSSL by way of Node. */
function isKeyProblem(error: unknown): boolean {
  return error instanceof RangeError || (error instanceof Error && 'code' in error && /^ERR_/.test(String(error.code)))
}

function isEncrypted(label: string, body: string): boolean {
  return label === 'ENCRYPTED PRIVATE KEY' || /^Proc-Type: 4,ENCRYPTED$/m.test(body)
}

function encrypted(file: string): TsbuildError {
  return keyError(file, 'ssh: this private key is passphrase protected', {
    hint: 'let an agent keep it: ssh-add FILE, then --ssh default',
  })
}

function noKey(file: string, text: string): TsbuildError {
  const isPublic = /^(ssh-|ecdsa-|sk-)/.test(text) || text.includes('PUBLIC KEY-----')
  return keyError(file, isPublic ? 'ssh: this is a public key' : 'ssh: no key found', {
    hint: isPublic ? 'give the private key, which has the same name without .pub' : 'give a socket or a private key',
  })
}

function keyError(file: string, message: string, details: { readonly hint: string }): TsbuildError {
  return new TsbuildError('TSB_SSH_KEY', `failed to parse ${file}: ${message}`, details)
}
