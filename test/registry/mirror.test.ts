import { describe, expect, it } from 'vitest'
import { endpointsOf } from '../../src/registry/endpoint.ts'
import { parseMirror, withMirrors } from '../../src/registry/index.ts'
import { contentsOf, descriptorOf, fakeImage, serve } from '../support/fake-image.ts'
import { startServer } from '../support/http-server.ts'
import { amd64, code, collect, open, resolve } from '../support/pulling.ts'

const image = fakeImage()
const urls = (domain: string, mirrors: [string, string[]][] = []) =>
  endpointsOf(domain, 'library/app', new Map(mirrors)).map(({ base }) => base.href)

describe('endpoints', () => {
  it.each([
    ['docker.io', 'https://registry-1.docker.io/v2/library/app/'],
    ['ghcr.io', 'https://ghcr.io/v2/library/app/'],
    ['localhost:5000', 'http://localhost:5000/v2/library/app/'],
    ['127.0.0.1', 'http://127.0.0.1/v2/library/app/'],
    ['[::1]:5000', 'http://[::1]:5000/v2/library/app/'],
    ['10.0.0.1:5000', 'https://10.0.0.1:5000/v2/library/app/'],
    ['localhost.evil.test', 'https://localhost.evil.test/v2/library/app/'],
  ])('E18 of %s is %s and nothing else', (domain, url) => {
    expect(urls(domain)).toEqual([url])
  })

  it('are the mirrors in their order, then the registry', () => {
    expect(urls('docker.io', [['docker.io', ['127.0.0.1:5000/hub', 'http://mirror.lan', 'mirror.test/a/b/']]])).toEqual(
      [
        'http://127.0.0.1:5000/v2/hub/library/app/',
        'http://mirror.lan/v2/library/app/',
        'https://mirror.test/v2/a/b/library/app/',
        'https://registry-1.docker.io/v2/library/app/',
      ],
    )
  })

  it.each(['docker.io', '=x', 'docker.io=', 'docker.io=a b', 'docker.io=user@host', 'docker.io=host?x'])(
    'are not read from %s',
    (text) => {
      expect(() => parseMirror(text)).toThrow(code('TSB_MIRROR_FORMAT'))
    },
  )

  it('of the command line come before those of the file', () => {
    const mirrors = withMirrors(new Map([['docker.io', ['c']]]), ['docker.io=a', 'docker.io=b', 'quay.io=d'])
    expect([...mirrors]).toEqual([
      ['docker.io', ['a', 'b', 'c']],
      ['quay.io', ['d']],
    ])
  })
})

describe('a mirror that fails', () => {
  const failures = {
    'does not have the image': 404,
    'denies access': 403,
    'is broken': 500,
  }

  it.each(Object.entries(failures))('and %s is passed over with a notice', async (_, status) => {
    await using mirror = await startServer((_request, response) => response.writeHead(status).end())
    await using origin = await startServer(serve(contentsOf('app', 'latest', image)))
    const notices: string[] = []
    const options = { mirrors: new Map([[origin.host, [mirror.host]]]), notice: (text: string) => notices.push(text) }
    const found = await resolve(`${origin.host}/app`, options)
    expect(found.location).toBe(`${origin.host}/app`)
    expect(notices).toEqual([expect.stringContaining(`mirror ${mirror.host} is passed over`)])
  })

  it('and is down is passed over', async () => {
    const mirror = await startServer(() => {})
    await mirror[Symbol.asyncDispose]()
    await using origin = await startServer(serve(contentsOf('app', 'latest', image)))
    await expect(
      resolve(`${origin.host}/app`, { mirrors: new Map([[origin.host, [mirror.host]]]) }),
    ).resolves.toBeDefined()
  })

  it('in the middle of a blob is taken over from at that byte', async () => {
    const { bytes } = image.layer
    await using mirror = await startServer((_, response) => {
      response.writeHead(200, { 'content-length': bytes.length })
      response.write(bytes.subarray(0, 100_000), () => response.destroy())
    })
    await using origin = await startServer(serve(contentsOf('app', 'latest', image)))
    const registry = open({
      mirrors: new Map([[origin.host, [mirror.host]]]),
      patience: { attempts: 1, delayMs: 1, maximumDelayMs: 1, idleMs: 1000 },
    })
    expect(await collect(registry.blob(`${origin.host}/app`, descriptorOf(image.layer)))).toEqual(bytes)
  })

  it('leaves the word to the registry when that fails too', async () => {
    await using mirror = await startServer((_, response) => response.writeHead(500).end())
    await using origin = await startServer((_, response) => response.writeHead(404).end())
    const asked = resolve(`${origin.host}/app`, { mirrors: new Map([[origin.host, [mirror.host]]]) }, amd64)
    await expect(asked).rejects.toThrow(code('TSB_IMAGE_NOT_FOUND'))
    await expect(asked).rejects.toThrow(
      new RegExp(`^not found: .* \\(before that the mirror failed: ${mirror.host}: GET app/manifests/latest: .* 500`),
    )
  })

  it('is named by the error of the registry, with all that were tried, also for a blob', async () => {
    const gone = await startServer(() => {})
    await gone[Symbol.asyncDispose]()
    await using other = await startServer((_, response) => response.writeHead(404).end())
    await using origin = await startServer((_, response) => response.writeHead(404).end())
    const registry = open({ mirrors: new Map([[origin.host, [gone.host, other.host]]]) })
    await expect(collect(registry.blob(`${origin.host}/app`, descriptorOf(image.layer)))).rejects.toMatchObject({
      code: 'TSB_IMAGE_NOT_FOUND',
      message: expect.stringMatching(
        new RegExp(`mirrors failed: ${gone.host}: cannot reach .*ECONNREFUSED.*; ${other.host}: not found: `),
      ),
    })
    registry.close()
  })
})
