import { readFile } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { openHttp, readBody, type Trust } from '../../src/http/index.ts'
import { makeAuthority } from '../support/authority.ts'
import { hasProgram } from '../support/programs.ts'
import { scratch } from '../support/scratch.ts'
import { startTlsServer } from '../support/tls-server.ts'

const hasOpenssl = hasProgram('openssl')

describe.skipIf(!hasOpenssl)(`whose certificates are taken${hasOpenssl ? '' : ' (openssl is not installed)'}`, () => {
  it('is asked of each request, also of one to a server that another connection is open to', async () => {
    const ports = new Set<number | undefined>()
    const { host, certificate } = await startTlsServer((request, response) => {
      ports.add(request.socket.remotePort)
      response.end('right')
    })
    const right: Trust = { authorities: [await readFile(certificate, 'utf8')] }
    const wrong: Trust = { authorities: [await readFile(makeAuthority(await scratch()).certificate, 'utf8')] }
    let trust: Trust | undefined = right
    const http = openHttp('test', 5000, { trusts: async () => trust })
    const ask = async () => {
      const url = new URL(`https://${host.replace('127.0.0.1', 'localhost')}/`)
      const answer = await http.get({ url, headers: {}, admit: () => {} }, undefined)
      return Buffer.from(await readBody(answer, 100, 'the answer')).toString()
    }
    try {
      expect([await ask(), await ask()]).toEqual(['right', 'right'])
      expect(ports.size, 'the second asks by the connection of the first').toBe(1)
      for (const each of [wrong, undefined]) {
        trust = each
        await expect(ask()).rejects.toThrow(/self-signed certificate/)
      }
      trust = { ...right }
      expect(await ask()).toBe('right')
      trust = { authorities: ['no certificate'] }
      await expect(ask()).rejects.toThrow()
      expect(ports.size).toBe(1)
    } finally {
      http.close()
    }
  })
})
