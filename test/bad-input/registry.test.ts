import { readFileSync } from 'node:fs'
import type { ServerResponse } from 'node:http'
import { getuid } from 'node:process'
import { gzipSync } from 'node:zlib'
import { describe, it } from 'vitest'
import { sha256 } from '../../src/digest/index.ts'
import { mediaTypes } from '../../src/image/index.ts'
import { buildRefused, type Complaint, openBadWorkspace } from '../support/bad-input.ts'
import { busyboxBase, hasBusyboxBase, noBusyboxBase } from '../support/busybox-base.ts'
import { blobOf, contentsOf, descriptorOf, type FakeImage, fakeImage, serve } from '../support/fake-image.ts'
import { type Handler, notFound, startServer } from '../support/http-server.ts'

/** An image that could be built upon. */
function realImage(): FakeImage {
  const files = readFileSync(busyboxBase())
  const layer = blobOf(gzipSync(files, { level: 1 }), mediaTypes.layerGzip)
  const config = { rootfs: { type: 'layers', diff_ids: [sha256(files)] } }
  return fakeImage({ layer, config })
}

const able = getuid?.() === 0 && hasBusyboxBase
const image = able ? realImage() : fakeImage()
const good = serve(contentsOf('base', '1', image))
const layerPath = `/v2/base/blobs/${descriptorOf(image.layer).digest}`

/** Answers otherwise for one path. */
const except =
  (path: string, answer: (response: ServerResponse) => void): Handler =>
  (request, response) =>
    request.url === path ? answer(response) : good(request, response)

describe.skipIf(!able)(`a base from a registry (${hasBusyboxBase ? 'needs root' : noBusyboxBase})`, () => {
  const refusedWith = async (handler: Handler, complaint: Complaint) => {
    await using workspace = await openBadWorkspace()
    await using server = await startServer(handler)
    await buildRefused(workspace, `FROM ${server.host}/base:1\nRUN true\n`, complaint)
  }

  it('that is down: says whom it asked and why it got no answer', async () => {
    await using workspace = await openBadWorkspace()
    const server = await startServer(notFound)
    await server[Symbol.asyncDispose]()
    await buildRefused(workspace, `FROM ${server.host}/base:1\nRUN true\n`, {
      error: new RegExp(`cannot reach ${server.host}: connect ECONNREFUSED ${server.host} \\(GET base/manifests/1\\)$`),
      hint: /is the registry .* running\?$/,
      at: 'Dockerfile:1',
    })
  })

  it('that does not have it: says for what it asked', () =>
    refusedWith(notFound, {
      error: /not found: GET base\/manifests\/1: 127\.0\.0\.1:\d+ answers 404$/,
      hint: /check the name and the tag$/,
      at: 'Dockerfile:1',
    }))

  it('that wants a password: says that there is none', () =>
    refusedWith((_, response) => response.writeHead(401).end(), {
      error: /access denied: GET base\/manifests\/1: 127\.0\.0\.1:\d+ answers 401$/,
      hint: /tsbuild login/,
      at: 'Dockerfile:1',
    }))

  it('that is a web page: says that this is no manifest', () =>
    refusedWith(
      (_, response) => response.setHeader('content-type', 'text/html').end('<html>Log in to the hotel</html>'),
      {
        error: /127\.0\.0\.1:\d+\/base/,
        at: 'Dockerfile:1',
      },
    ))

  it('E02 whose manifest has another digest than it was asked by', async () => {
    await using workspace = await openBadWorkspace()
    await using server = await startServer((_, response) => response.end('{"schemaVersion":2}'))
    await buildRefused(workspace, `FROM ${server.host}/base@${sha256(image.manifest.bytes)}\nRUN true\n`, {
      error: /other bytes than its digest says$/,
      hint: /tampered with$/,
      at: 'Dockerfile:1',
    })
  })

  it('E03 whose layer has other bytes than its digest says', () => {
    const flipped = Buffer.from(image.layer.bytes)
    flipped[1000] = (flipped[1000] ?? 0) ^ 1
    return refusedWith(
      except(layerPath, (response) => response.end(flipped)),
      { error: /blob sha256:[0-9a-f]{64} of .*\/base has other bytes than its digest says$/, hint: /tampered with$/ },
    )
  })

  it('E03 whose layer ends early', () =>
    refusedWith(
      except(layerPath, (response) => response.end(image.layer.bytes.subarray(0, 100_000))),
      { error: /blob sha256:[0-9a-f]{64} of .*\/base ends after 100000 of \d+ bytes$/, hint: /damaged/ },
    ))

  it('E03 whose layer never stops', () =>
    refusedWith(
      except(layerPath, (response) => response.end(Buffer.concat([image.layer.bytes, image.layer.bytes]))),
      { error: /blob sha256:[0-9a-f]{64} of .*\/base is longer than the \d+ bytes it should have$/ },
    ))

  it('whose layer is no archive', () => {
    const bad = fakeImage({ layer: blobOf(Buffer.alloc(10_000, 'x'), mediaTypes.layerTar) })
    return refusedWith(serve(contentsOf('base', '1', bad)), {
      error: /layer sha256:[0-9a-f]{64}: not a number in a header/,
      hint: /get it again$/,
    })
  })

  it('E04 whose layer unpacks to other files than its config says', () => {
    const config = { rootfs: { type: 'layers', diff_ids: [sha256('other')] } }
    const bad = fakeImage({ layer: image.layer, config })
    return refusedWith(serve(contentsOf('base', '1', bad)), {
      error: /layer sha256:[0-9a-f]{64} unpacks to sha256:[0-9a-f]{64}, its image says/,
      hint: /--pull=always/,
    })
  })
})
