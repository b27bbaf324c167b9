import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { parseReference } from '../../src/image/index.ts'
import { contentsOf, fakeImage, serve } from '../support/fake-image.ts'
import { startServer } from '../support/http-server.ts'
import { hasProgram } from '../support/programs.ts'
import { amd64, code, open } from '../support/pulling.ts'
import { startTlsServer } from '../support/tls-server.ts'

const resolveAt = (mirror: string) =>
  open({ mirrors: new Map([['127.0.0.1:1', [mirror]]]) }).resolve(parseReference('127.0.0.1:1/app'), amd64)

const hasOpenssl = hasProgram('openssl')

describe.skipIf(!hasOpenssl)(`certificates${hasOpenssl ? '' : ' (openssl is not installed)'}`, () => {
  it('E21 are checked, also when the environment says that they need not be', async () => {
    const { host } = await startTlsServer(serve(contentsOf('app', 'latest', fakeImage())))
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
  it('E18 is not asked in plain HTTP instead', async () => {
    await using plain = await startServer(serve(contentsOf('app', 'latest', fakeImage())))
    await expect(resolveAt(`https://${plain.host}`)).rejects.toThrow(code('TSB_REGISTRY_UNREACHABLE'))
    expect(plain.requests).toEqual([])
    await expect(resolveAt(`http://${plain.host}`)).resolves.toBeDefined()
  })
})
