import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:https'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { parseReference } from '../../src/image/index.ts'
import { contentsOf, fakeImage, serve } from '../support/fake-image.ts'
import { startServer } from '../support/http-server.ts'
import { hasProgram, runProgram } from '../support/programs.ts'
import { amd64, code, open } from '../support/pulling.ts'
import { scratch } from '../support/scratch.ts'

/** A server on this machine with a certificate that nobody vouches for. */
async function startTlsServer(): Promise<string> {
  const folder = await scratch()
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')]
  runProgram(
    'openssl',
    'req',
    '-x509',
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:P-256',
    '-nodes',
    '-subj',
    '/CN=localhost',
    '-keyout',
    key,
    '-out',
    cert,
  )
  const options = { key: readFileSync(key), cert: readFileSync(cert) }
  const server = createServer(options, serve(contentsOf('app', 'latest', fakeImage()))).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return `127.0.0.1:${address.port}`
}

const resolveAt = (mirror: string) =>
  open({ mirrors: new Map([['127.0.0.1:1', [mirror]]]) }).resolve(parseReference('127.0.0.1:1/app'), amd64)

const hasOpenssl = hasProgram('openssl')

describe.skipIf(!hasOpenssl)(`certificates${hasOpenssl ? '' : ' (openssl is not installed)'}`, () => {
  it('E21: are checked, also when the environment says that they need not be', async () => {
    const host = await startTlsServer()
    vi.stubEnv('NODE_TLS_REJECT_UNAUTHORIZED', '0')
    onTestFinished(() => void vi.unstubAllEnvs())
    const notices: string[] = []
    const registry = open({
      mirrors: new Map([['127.0.0.1:1', [`https://${host}`]]]),
      notice: (text) => notices.push(text),
    })
    await expect(registry.resolve(parseReference('127.0.0.1:1/app'), amd64)).rejects.toThrow(
      code('TSB_REGISTRY_UNREACHABLE'),
    )
    expect(notices).toEqual([expect.stringMatching(/self-signed certificate/)])
  })
})

describe('a registry that does not speak TLS', () => {
  it('E18: is not asked in plain HTTP instead', async () => {
    await using plain = await startServer(serve(contentsOf('app', 'latest', fakeImage())))
    await expect(resolveAt(`https://${plain.host}`)).rejects.toThrow(code('TSB_REGISTRY_UNREACHABLE'))
    expect(plain.requests).toEqual([])
    await expect(resolveAt(`http://${plain.host}`)).resolves.toBeDefined()
  })
})
