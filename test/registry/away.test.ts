import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { mediaTypes, parseReference } from '../../src/image/index.ts'
import { contentsOf, descriptorOf, fakeImage, serve } from '../support/fake-image.ts'
import { type Handler, notFound, startServer } from '../support/http-server.ts'
import { amd64, collect, impatient, open } from '../support/pulling.ts'

const image = fakeImage()
const restarting = { ...impatient, attempts: 4, delayMs: 100, maximumDelayMs: 1000 }

/** Nobody listens for a moment, and then the same port is another server. */
async function restart(server: { readonly host: string } & AsyncDisposable, handler: Handler) {
  await server[Symbol.asyncDispose]()
  return sleep(150).then(() => startServer(handler, '127.0.0.1', Number(server.host.split(':')[1])))
}

describe('a registry that is started again', () => {
  it('in the middle of a pull is waited for, and that is told', async () => {
    const good = serve(contentsOf('app', '1', image))
    const first = await startServer(good)
    const notices: string[] = []
    const registry = open({ patience: restarting, notice: (text) => notices.push(text) })
    await registry.resolve(parseReference(`${first.host}/app:1`), amd64)
    const later = restart(first, good)
    await sleep(20)
    expect(await collect(registry.blob(`${first.host}/app`, descriptorOf(image.layer)))).toEqual(image.layer.bytes)
    await using _ = await later
    expect(notices[0]).toMatch(/^warning: 127.0.0.1:\d+: .+, trying again \(attempt 2 of 4\)$/)
    registry.close()
  })

  it('in the middle of a push is waited for', async () => {
    const first = await startServer(notFound)
    const registry = open({ patience: restarting })
    await expect(registry.resolve(parseReference(`${first.host}/app:1`), amd64)).rejects.toThrow()
    const later = restart(first, (request, response) => request.resume().on('end', () => response.writeHead(201).end()))
    await sleep(20)
    const document = { mediaType: mediaTypes.index, bytes: Buffer.from('{"schemaVersion":2,"manifests":[]}') }
    await registry.put(`${first.host}/app`, document, '1')
    await using _ = await later
    registry.close()
  })

  it('and stays away is given up, with the attempts', async () => {
    const server = await startServer(notFound)
    const registry = open()
    const asked = () => registry.resolve(parseReference(`${server.host}/app:1`), amd64)
    await expect(asked()).rejects.toMatchObject({ code: 'TSB_IMAGE_NOT_FOUND' })
    await server[Symbol.asyncDispose]()
    await expect(asked()).rejects.toMatchObject({
      code: 'TSB_REGISTRY_UNREACHABLE',
      message: expect.stringMatching(/ECONNREFUSED.*, 3 attempts\)$/),
      hint: expect.stringContaining('it answered before'),
    })
    registry.close()
  })

  it('is not one that never answered: that fails at once', async () => {
    const server = await startServer(notFound)
    await server[Symbol.asyncDispose]()
    const notices: string[] = []
    const registry = open({ notice: (text) => notices.push(text) })
    await expect(registry.resolve(parseReference(`${server.host}/app:1`), amd64)).rejects.toMatchObject({
      message: expect.not.stringContaining('attempts'),
      hint: expect.stringContaining('is the registry'),
    })
    expect(notices).toEqual([])
    registry.close()
  })
})

describe('a registry that takes connections and says nothing', () => {
  it('is asked twice, and that is told once for many blobs', async () => {
    await using server = await startServer(() => {})
    const notices: string[] = []
    const registry = open({ patience: { ...impatient, idleMs: 100 }, notice: (text) => notices.push(text) })
    const pull = () => collect(registry.blob(`${server.host}/app`, descriptorOf(image.layer)))
    await Promise.allSettled([pull(), pull(), pull()])
    expect(notices).toEqual([`warning: no answer of ${server.host} for 0.1 s, trying once more`])
    registry.close()
  })

  it.each([
    ['cut silent good', true],
    ['503 silent good', true],
    ['silent cut good', true],
    ['silent silent good', false],
  ])('is given up at the second silence, whatever else went wrong: %s', async (answers, isGood) => {
    const next = answers.split(' ')
    await using server = await startServer((request, response) => {
      const kind = request.url?.includes('/blobs/') ? 'good' : next.shift()
      if (kind === 'cut') request.socket.destroy()
      else if (kind === '503') response.writeHead(503).end()
      else if (kind !== 'silent') serve(contentsOf('app', '1', image))(request, response)
    })
    const registry = open({ patience: { ...impatient, idleMs: 100 } })
    const found = registry.resolve(parseReference(`${server.host}/app:1`), amd64)
    if (isGood) expect(await found).toMatchObject({ location: `${server.host}/app` })
    else await expect(found).rejects.toThrow(/no answer .*2 attempts/)
    registry.close()
  })
})
