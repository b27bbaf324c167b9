import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:https'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import type { Handler } from './http-server.ts'
import { runProgram } from './programs.ts'
import { scratch } from './scratch.ts'

/**
 * A server on this machine with a certificate for a name that nobody vouches for, until the test ends. Needs openssl.
 * @returns `127.0.0.1:PORT`, and where the certificate is
 */
export async function startTlsServer(handler: Handler, name = 'localhost') {
  const folder = await scratch()
  const [key, certificate] = [join(folder, 'key.pem'), join(folder, 'cert.pem')]
  const elliptic = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes']
  const names = ['-subj', `/CN=${name}`, '-addext', `subjectAltName=DNS:${name}`]
  runProgram('openssl', 'req', '-x509', ...elliptic, ...names, '-keyout', key, '-out', certificate)
  const options = { key: readFileSync(key), cert: readFileSync(certificate) }
  const server = createServer(options, handler).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return { host: `127.0.0.1:${address.port}`, certificate }
}
