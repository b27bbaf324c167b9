import type { ServerResponse } from 'node:http'
import { describe, expect, it } from 'vitest'
import { sha256 } from '../../src/digest/index.ts'
import { mediaTypes } from '../../src/image/index.ts'
import { blobOf, contentsOf, descriptorOf, fakeImage, serve } from '../support/fake-image.ts'
import { type Handler, startServer } from '../support/http-server.ts'
import { amd64, code, collect, open, resolve } from '../support/pulling.ts'

const image = fakeImage()
const good = serve(contentsOf('app', 'latest', image))
const layer = descriptorOf(image.layer)

/** Answers for one kind of path; the rest is as it should be. */
const except =
  (path: RegExp, answer: (response: ServerResponse) => void): Handler =>
  (request, response) =>
    path.test(request.url ?? '') ? answer(response) : good(request, response)

const layerAt = async (handler: Handler) => {
  await using server = await startServer(handler)
  return await collect(open().blob(`${server.host}/app`, layer))
}

describe('manifests of a hostile registry', () => {
  it('E02 bytes that differ from the digest asked for are not parsed', async () => {
    await using server = await startServer(except(/manifests/, (response) => response.end('{')))
    const asked = resolve(`${server.host}/app@${sha256(image.manifest.bytes)}`)
    await expect(asked).rejects.toThrow(code('TSB_DIGEST_MISMATCH'))
  })

  it('E05 a header and a body that disagree are refused', async () => {
    await using server = await startServer(
      except(/manifests/, (response) =>
        response.writeHead(200, { 'content-type': mediaTypes.index }).end(image.manifest.bytes),
      ),
    )
    await expect(resolve(`${server.host}/app`)).rejects.toThrow(code('TSB_MEDIA_TYPE_AMBIGUOUS'))
  })

  it('E06 a manifest without end stops at 4 MiB', async () => {
    let sent = 0
    const endless = (response: ServerResponse) => {
      const piece = Buffer.alloc(1 << 16, ' ')
      const more = () => {
        while (!response.destroyed && response.write(piece)) sent += piece.length
      }
      response.on('drain', more)
      more()
    }
    await using server = await startServer(except(/manifests/, endless))
    await expect(resolve(`${server.host}/app`)).rejects.toThrow(code('TSB_DOCUMENT_TOO_LARGE'))
    expect(sent).toBeLessThan(64 << 20)
  })

  it('E07 no more than four indexes lie in one another', async () => {
    const nest = (inner: ReturnType<typeof blobOf>) =>
      blobOf({ schemaVersion: 2, manifests: [{ ...descriptorOf(inner), platform: amd64 }] }, mediaTypes.index)
    const chain = [image.manifest]
    for (let depth = 1; depth <= 5; depth++) chain.push(nest(chain.at(-1) ?? image.manifest))
    const contents = (top: number) =>
      new Map([
        ...contentsOf('app', 'x', image),
        ...chain.map((blob) => [`app/manifests/${sha256(blob.bytes)}`, blob] as const),
        ['app/manifests/latest', chain[top] ?? image.manifest] as const,
      ])
    await using four = await startServer(serve(contents(4)))
    await expect(resolve(`${four.host}/app`)).resolves.toMatchObject({ descriptor: descriptorOf(image.manifest) })
    await using five = await startServer(serve(contents(5)))
    await expect(resolve(`${five.host}/app`)).rejects.toThrow(code('TSB_INDEX_DEPTH'))
  })

  it('E23 the digest is computed, whatever a header says', async () => {
    await using server = await startServer((request, response) => {
      response.setHeader('docker-content-digest', sha256('lie'))
      good(request, response)
    })
    expect((await resolve(`${server.host}/app`)).descriptor.digest).toBe(sha256(image.manifest.bytes))
  })

  it('E26 an encoding that nobody asked for is refused', async () => {
    await using server = await startServer((request, response) => {
      expect(request.headers['accept-encoding']).toBe('identity')
      response.setHeader('content-encoding', 'gzip')
      good(request, response)
    })
    await expect(resolve(`${server.host}/app`)).rejects.toThrow(code('TSB_CONTENT_ENCODING'))
  })

  it('a config that has other bytes than its digest is refused', async () => {
    await using server = await startServer(except(/blobs/, (response) => response.end('{}')))
    await expect(resolve(`${server.host}/app`)).rejects.toThrow(code('TSB_DIGEST_MISMATCH'))
  })

  it('layers and diff ids that differ in number are refused', async () => {
    const bad = fakeImage({ config: { rootfs: { type: 'layers', diff_ids: [] } } })
    await using server = await startServer(serve(contentsOf('app', 'latest', bad)))
    await expect(resolve(`${server.host}/app`)).rejects.toThrow(code('TSB_IMAGE_LAYERS'))
  })

  it('what is no image is called by its name', async () => {
    const chart = fakeImage({
      manifest: { config: { ...layer, mediaType: 'application/vnd.cncf.helm.config.v1+json' } },
    })
    await using server = await startServer(serve(contentsOf('app', 'latest', chart)))
    await expect(resolve(`${server.host}/app`)).rejects.toThrow(/helm/)
  })

  it('a platform that an index does not have is refused with a list of those it has', async () => {
    const index = blobOf(
      {
        schemaVersion: 2,
        manifests: [{ ...descriptorOf(image.manifest), platform: { os: 'linux', architecture: 's390x' } }],
      },
      mediaTypes.index,
    )
    await using server = await startServer(serve(new Map([['app/manifests/latest', index]])))
    await expect(resolve(`${server.host}/app`)).rejects.toThrow(
      expect.objectContaining({ code: 'TSB_PLATFORM_NOT_FOUND', hint: 'it has linux/s390x' }),
    )
  })
})

describe('blobs of a hostile registry', () => {
  const bytes = image.layer.bytes
  const send =
    (body: Buffer): Handler =>
    (_, response) =>
      response.end(body)
  const chunked =
    (body: Buffer): Handler =>
    (_, response) => {
      response.write(body.subarray(0, 10))
      response.end(body.subarray(10))
    }

  it('E03 one byte too many is refused, announced or not', async () => {
    const longer = Buffer.concat([bytes, Buffer.from('x')])
    await expect(layerAt(send(longer))).rejects.toThrow(code('TSB_BLOB_TOO_LONG'))
    await expect(layerAt(chunked(longer))).rejects.toThrow(code('TSB_BLOB_TOO_LONG'))
  })

  it('E03 one byte too few is refused', async () => {
    await expect(layerAt(send(bytes.subarray(1)))).rejects.toThrow(code('TSB_BLOB_TRUNCATED'))
  })

  it('E03 a flipped bit is refused', async () => {
    const flipped = Buffer.from(bytes)
    flipped[100] = (flipped[100] ?? 0) ^ 1
    await expect(layerAt(send(flipped))).rejects.toThrow(code('TSB_DIGEST_MISMATCH'))
  })

  it('E14 the urls of a foreign layer are never asked', async () => {
    await using elsewhere = await startServer((_, response) => response.end())
    await using server = await startServer(serve(new Map()))
    const foreign = { ...layer, urls: [`http://${elsewhere.host}/x`] }
    await expect(collect(open().blob(`${server.host}/app`, foreign))).rejects.toThrow(code('TSB_IMAGE_NOT_FOUND'))
    expect(elsewhere.requests).toEqual([])
  })

  /** Sends half and breaks the connection, the first time. */
  const breaking = (then: (response: ServerResponse, range: string | undefined) => void): Handler => {
    let broken = false
    return (request, response) => {
      if (broken) return then(response, request.headers.range)
      broken = true
      response.writeHead(200, { 'content-length': bytes.length })
      response.write(bytes.subarray(0, 100_000), () => response.destroy())
    }
  }

  it('E25 a broken download goes on where it broke', async () => {
    const ranges: (string | undefined)[] = []
    const handler = breaking((response, range) => {
      ranges.push(range)
      const from = Number(/\d+/.exec(range ?? '')?.[0])
      response.writeHead(206, { 'content-range': `bytes ${from}-${bytes.length - 1}/${bytes.length}` })
      response.end(bytes.subarray(from))
    })
    expect(sha256(await layerAt(handler))).toBe(layer.digest)
    expect(ranges).toEqual([expect.stringMatching(/^bytes=\d+-$/)])
  })

  it('E25 a server that ignores the range, or sends another, cannot spoil the result', async () => {
    expect(sha256(await layerAt(breaking((response) => response.end(bytes))))).toBe(layer.digest)
    const other = breaking((response) =>
      response.writeHead(206, { 'content-range': `bytes 0-9/${bytes.length}` }).end(bytes.subarray(0, 10)),
    )
    await expect(layerAt(other)).rejects.toThrow(code('TSB_BLOB_TRUNCATED'))
  })
})

describe('answers that are no answers', () => {
  it.each([
    [401, 'TSB_REGISTRY_DENIED'],
    [403, 'TSB_REGISTRY_DENIED'],
    [404, 'TSB_IMAGE_NOT_FOUND'],
    [400, 'TSB_REGISTRY_STATUS'],
  ])('%i is %s, and is asked once', async (status, expected) => {
    await using server = await startServer((_, response) => response.writeHead(status).end())
    await expect(resolve(`${server.host}/app`)).rejects.toThrow(code(expected))
    expect(server.requests).toHaveLength(1)
  })

  it.each([429, 500, 503])('%i is tried again', async (status) => {
    let failures = 2
    await using server = await startServer((request, response) => {
      if (failures-- > 0) response.writeHead(status, { 'retry-after': '0' }).end()
      else good(request, response)
    })
    await expect(resolve(`${server.host}/app`)).resolves.toBeDefined()
  })

  it('E22 a Retry-After without measure is cut, and the words of the registry are shown', async () => {
    await using server = await startServer((_, response) =>
      response
        .writeHead(429, { 'retry-after': '999999' })
        .end('{"errors":[{"code":"X","message":"slow \\u001b[31mdown"}]}'),
    )
    const failure = resolve(`${server.host}/app`)
    await expect(failure).rejects.toThrow(
      /GET app\/manifests\/latest: 127.0.0.1:\d+ answers 429: slow {2}?\[31mdown, 3 attempts/,
    )
    expect(server.requests).toHaveLength(3)
  })

  it('E22 a registry that says nothing is given up', async () => {
    await using server = await startServer(() => {})
    await expect(resolve(`${server.host}/app`)).rejects.toThrow(code('TSB_REGISTRY_UNREACHABLE'))
  })

  it('E22 a blob that stops coming is given up', async () => {
    const stuck = layerAt((_, response) => void response.write('x'))
    await expect(stuck).rejects.toThrow(code('TSB_REGISTRY_UNREACHABLE'))
  })

  it('a registry that is down is named, with a hint', async () => {
    const server = await startServer(() => {})
    await server[Symbol.asyncDispose]()
    await expect(resolve(`${server.host}/app`)).rejects.toThrow(
      expect.objectContaining({ code: 'TSB_REGISTRY_UNREACHABLE', hint: expect.stringContaining('is the registry') }),
    )
  })

  it('an abort gives its own reason, also while waiting to try again', async () => {
    const abort = new AbortController()
    await using server = await startServer((_, response) => {
      response.writeHead(503).end()
      setTimeout(() => abort.abort(new Error('enough')), 20)
    })
    const registry = open({ patience: { attempts: 9, delayMs: 60_000, maximumDelayMs: 60_000, idleMs: 60_000 } })
    const { domain, path } = { domain: server.host, path: 'app' }
    const asked = registry.resolve({ domain, path, normal: '', familiar: '' }, amd64, abort.signal)
    await expect(asked).rejects.toThrow('enough')
  })
})
