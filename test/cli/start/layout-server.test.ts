import { mkdir, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import path from 'node:path'
import { text } from 'node:stream/consumers'
import { expect, test } from 'vitest'
import { serveLayouts } from '../../../src/cli/start/layout-server.ts'
import { scratch } from '../../support/scratch.ts'

const digest = `sha256:${'a'.repeat(64)}`

test('gives what is in its layouts, and nothing else of this machine', async () => {
  const folder = await scratch()
  const [base, cache] = [path.join(folder, 'base'), path.join(folder, 'cache')]
  await mkdir(path.join(base, 'blobs/sha256'), { recursive: true })
  await writeFile(path.join(base, 'blobs', digest.replace(':', '/')), '{"mediaType":"a/b"}')
  await writeFile(path.join(base, 'index.json'), JSON.stringify({ manifests: [{ digest, mediaType: 'a/b' }] }))
  await writeFile(path.join(folder, 'secret'), 'secret')
  await using server = await serveLayouts({ base, cache })
  /** As it is written: a client of Node would take `..` out. */
  const ask = async (asked: string) => {
    const socket = connect(server.port, '127.0.0.1')
    socket.end(`GET ${asked} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`)
    return text(socket)
  }
  for (const asked of ['manifests/latest', `manifests/${digest}`, `blobs/${digest}`]) {
    expect(await ask(`/v2/base/${asked}`)).toMatch(/^HTTP\/1.1 200 OK\r\n.*\{"mediaType":"a\/b"\}$/s)
  }
  const up = '/../../../../../../..'
  for (const asked of [
    `/v2/base/blobs/x:/..${up}${folder}/secret`,
    `/v2/base/blobs/sha256:/../../../secret`,
    `/v2/base/blobs/../../secret`,
    `/v2/base/manifests/sha256:${'b'.repeat(64)}`,
    '/v2/cache/manifests/latest',
    '/v2/other/manifests/latest',
    '/',
  ]) {
    expect(await ask(asked), asked).toMatch(/^HTTP\/1.1 404 /)
  }
})
