import { describe, expect, it } from 'vitest'
import { sha256 } from '../../src/digest/index.ts'
import type { TsbuildError } from '../../src/errors.ts'
import { mediaTypes, parseReference } from '../../src/image/index.ts'
import type { Outgoing } from '../../src/registry/index.ts'
import { hasDockerRegistry, noDockerRegistry, startDockerRegistry } from '../support/docker-registry.ts'
import { seededFaults, startFaultProxy } from '../support/fault-proxy.ts'
import { type Handler, startServer } from '../support/http-server.ts'
import { code, collect, impatient, open } from '../support/pulling.ts'

const config = Buffer.from('{"architecture":"amd64","os":"linux","rootfs":{"type":"layers","diff_ids":[]}}')

/** Bytes that a seed gives, as a blob that comes in chunks of 64 KiB. */
function blobOf(size: number, seed = 1): Outgoing & { readonly bytes: Buffer } {
  const bytes = Buffer.alloc(size)
  for (let i = 0; i < size; i++) bytes[i] = (i * 31 + seed + (i >> 9)) & 255
  return outgoing(bytes)
}

function outgoing(bytes: Buffer) {
  const descriptor = { mediaType: mediaTypes.layerGzip, digest: sha256(bytes), size: bytes.length }
  return { bytes, descriptor, open: () => chunksOf(bytes) }
}

/** As files are read: a piece is valid until the next one is asked for. */
async function* chunksOf(bytes: Buffer): AsyncIterable<Uint8Array> {
  const memory = Buffer.alloc(64 << 10)
  for (let at = 0; at < bytes.length; at += memory.length) {
    yield memory.subarray(0, bytes.copy(memory, 0, at))
  }
}

const patient = { ...impatient, attempts: 12, idleMs: 500 }

describe.skipIf(!hasDockerRegistry)(`pushing to a real registry (${noDockerRegistry})`, () => {
  it('sends a blob once, and takes it from another repository after that', async () => {
    await using server = await startDockerRegistry()
    const registry = open()
    const blob = blobOf(300_000)
    const sent: number[] = []
    expect(await registry.upload(`${server.host}/a`, blob, (bytes) => sent.push(bytes))).toBe('sent')
    expect(sent.at(-1)).toBe(blob.bytes.length)
    expect(await registry.upload(`${server.host}/a`, blob)).toBe('there')
    expect(await registry.upload(`${server.host}/b`, { ...blob, elsewhere: 'a' })).toBe('mounted')
    expect(await registry.upload(`${server.host}/c`, { ...blob, elsewhere: 'not/there' })).toBe('sent')
    expect(await collect(registry.blob(`${server.host}/b`, blob.descriptor))).toEqual(blob.bytes)
    registry.close()
  })

  it('puts manifests by tag and by digest, and lists the tags', async () => {
    await using server = await startDockerRegistry()
    const registry = open()
    const location = `${server.host}/team/app`
    const blob = outgoing(config)
    await registry.upload(location, blob)
    const manifest = {
      schemaVersion: 2,
      mediaType: mediaTypes.manifest,
      config: { ...blob.descriptor, mediaType: mediaTypes.config },
      layers: [],
    }
    const document = { mediaType: mediaTypes.manifest, bytes: Buffer.from(JSON.stringify(manifest)) }
    const untagged = await registry.put(location, document, undefined)
    await registry.put(location, document, '1')
    await registry.put(location, document, '2')
    expect([...(await registry.tags(location))].sort()).toEqual(['1', '2'])
    const found = await registry.document(parseReference(`${location}@${untagged.digest}`))
    expect(found).toEqual({ descriptor: untagged, bytes: document.bytes })
    registry.close()
  })

  it.each([1, 2, 3, 4, 5, 6])('comes through faults of the network, seed %i', async (seed) => {
    await using server = await startDockerRegistry()
    await using proxy = await startFaultProxy(server.host, seededFaults(seed, 30))
    const registry = open({ patience: patient, chunkSize: 100_000 })
    const blobs = [1, 2, 3, 4, 5, 6].map((each) => blobOf(each * 90_000, each))
    const location = `${proxy.host}/app`
    await Promise.all(blobs.map((blob) => registry.upload(location, blob)))
    const direct = open()
    for (const blob of blobs) {
      expect(await collect(direct.blob(`${server.host}/app`, blob.descriptor))).toEqual(blob.bytes)
    }
    registry.close()
    direct.close()
  })

  it('comes to its end where each connection is cut, and the registry forgets what it had: in smaller pieces', async () => {
    await using server = await startDockerRegistry()
    await using proxy = await startFaultProxy(server.host, () => undefined, 5 << 20)
    const registry = open({ patience: { ...impatient, attempts: 4, idleMs: 5000 } })
    const blob = blobOf(24 << 20)
    expect(await registry.upload(`${proxy.host}/app`, blob)).toBe('sent')
    expect(proxy.log.filter(({ method }) => method === 'PATCH')).toHaveLength(6)
    registry.close()
  }, 60_000)

  it('is given up where each connection is cut before the smallest piece has passed', async () => {
    await using server = await startDockerRegistry()
    await using proxy = await startFaultProxy(server.host, () => undefined, 500_000)
    const registry = open({ patience: { ...impatient, attempts: 4, idleMs: 5000 } })
    await expect(registry.upload(`${proxy.host}/app`, blobOf(8 << 20))).rejects.toMatchObject({
      code: 'TSB_REGISTRY_UNREACHABLE',
      message: expect.stringContaining(', 4 attempts)'),
    })
    registry.close()
  }, 60_000)

  it('goes on in pieces where one request was too long for something on the way', async () => {
    const { handler, state } = keeping(({ method, length }) => (method === 'PUT' && length > 100_000 ? 413 : undefined))
    await using server = await startServer(handler)
    const registry = open({ chunkSize: 100_000 })
    const blob = blobOf(180_000)
    expect(await registry.upload(`${server.host}/app`, blob)).toBe('sent')
    expect(state.patches).toEqual(['0-99999', '100000-179999'])
    registry.close()
  })

  it('E33 a file that was changed after hashing is not sent to its end', async () => {
    await using server = await startDockerRegistry()
    const registry = open()
    const blob = blobOf(300_000)
    const other = Buffer.from(blob.bytes)
    other[200_000] = (other[200_000] ?? 0) ^ 1
    const changed = { ...blob, open: () => chunksOf(other) }
    await expect(registry.upload(`${server.host}/a`, changed)).rejects.toThrow(code('TSB_UPLOAD_CHANGED'))
    const shorter = { ...blob, open: () => chunksOf(blob.bytes.subarray(1)) }
    await expect(registry.upload(`${server.host}/a`, shorter)).rejects.toThrow(code('TSB_UPLOAD_CHANGED'))
    const longer = { ...blob, open: () => chunksOf(Buffer.concat([blob.bytes, Buffer.from('x')])) }
    await expect(registry.upload(`${server.host}/a`, longer)).rejects.toThrow(code('TSB_UPLOAD_CHANGED'))
    await expect(collect(registry.blob(`${server.host}/a`, blob.descriptor))).rejects.toThrow(
      code('TSB_IMAGE_NOT_FOUND'),
    )
    registry.close()
  })

  it('with a password, from the login alone', async () => {
    await using server = await startDockerRegistry('password')
    const blob = blobOf(10_000)
    const nobody = open()
    await expect(nobody.upload(`${server.host}/a`, blob)).rejects.toThrow(code('TSB_REGISTRY_DENIED'))
    await expect(nobody.ping(server.host)).rejects.toThrow(code('TSB_REGISTRY_DENIED'))
    const asked: string[] = []
    const joe = open({
      logins: async (host) => {
        asked.push(host)
        return { kind: 'password', username: 'joe', password: 'right-pass' }
      },
    })
    await joe.ping(server.host)
    expect(await joe.upload(`${server.host}/a`, blob)).toBe('sent')
    expect(new Set(asked)).toEqual(new Set([server.host]))
    nobody.close()
    joe.close()
  })
})

/** A registry of one blob that keeps what it was sent of it. `refuse` may answer in its place. */
function keeping(
  refuse: (request: { method: string; path: string; count: number; length: number }) => number | 'cut' | undefined,
) {
  let count = 0
  const state = { kept: Buffer.alloc(0), whole: undefined as string | undefined, patches: [] as string[] }
  const handler: Handler = (request, response) => {
    const { method = '', url: path = '', headers } = request
    const refusal = refuse({ method, path, count: ++count, length: Number(headers['content-length'] ?? 0) })
    const range = () => (state.kept.length === 0 ? '0-0' : `0-${state.kept.length - 1}`)
    const finish = () => {
      if (typeof refusal === 'number')
        return response.writeHead(refusal, { 'www-authenticate': `Bearer realm="http://${headers.host}/token"` }).end()
      if (path.startsWith('/token')) return response.end('{"token":"T"}')
      if (method === 'HEAD') return response.writeHead(state.whole && path.endsWith(state.whole) ? 200 : 404).end()
      if (method === 'POST') {
        state.kept = Buffer.alloc(0)
        return response
          .writeHead(202, { location: '/v2/app/blobs/uploads/1?x=1', 'oci-chunk-min-length': '70000' })
          .end()
      }
      if (method === 'GET') return response.writeHead(204, { range: range(), location: path }).end()
      if (method === 'PUT') {
        state.whole = new URL(path, 'http://x').searchParams.get('digest') ?? ''
        return response.writeHead(sha256(state.kept) === state.whole ? 201 : 400).end()
      }
      return response.writeHead(202, { range: range(), location: '/v2/app/blobs/uploads/1?x=2' }).end()
    }
    if (method === 'PATCH') state.patches.push(headers['content-range'] ?? '')
    request.on('error', () => {})
    request.on('data', (chunk: Buffer) => {
      if (typeof refusal === 'number') return
      state.kept = Buffer.concat([state.kept, chunk])
      if (refusal === 'cut' && state.kept.length >= 65_536) request.socket.destroy()
    })
    request.on('end', finish)
  }
  return { handler, state }
}

describe('an upload that is interrupted', () => {
  it('goes on from what the registry has, in pieces that are not shorter than it wants', async () => {
    const { handler, state } = keeping(({ method, count }) => (method === 'PUT' && count < 5 ? 'cut' : undefined))
    await using server = await startServer(handler)
    const registry = open({ chunkSize: 10_000 })
    const blob = blobOf(300_000)
    expect(await registry.upload(`${server.host}/app`, blob)).toBe('sent')
    expect(state.kept).toEqual(blob.bytes)
    const starts = state.patches.map((range) => Number(range.split('-')[0]))
    expect(starts[0]).toBeGreaterThanOrEqual(65_536)
    expect(
      starts
        .slice(1)
        .map((start, i) => start - (starts[i] ?? 0))
        .every((length) => length === 70_000),
    ).toBe(true)
    registry.close()
  })

  it('gets a fresh token when the one it has expires in the middle', async () => {
    let expired = false
    const { handler, state } = keeping(({ method, path }) => {
      if (path.startsWith('/token')) return undefined
      if (method !== 'PUT' || expired) return undefined
      expired = true
      return 401
    })
    await using server = await startServer(handler)
    const registry = open({ chunkSize: 100_000 })
    const blob = blobOf(300_000)
    expect(await registry.upload(`${server.host}/app`, blob)).toBe('sent')
    expect(state.kept).toEqual(blob.bytes)
    const token = server.requests.find(({ path }) => path.startsWith('/token'))
    expect(token?.path).toBe('/token?scope=repository%3Aapp%3Apull%2Cpush')
    expect(server.requests.at(-1)?.authorization).toBe('Bearer T')
    registry.close()
  })

  it('has as many attempts as before when the registry has acknowledged more than ever', async () => {
    // Of three PATCHes one is lost, and what was there is forgotten: what comes after it goes further than before.
    let [patches, good] = [0, 1]
    const { handler, state } = keeping(({ method, path }) => {
      if (method === 'PUT' && !path.includes('x=2')) return 503
      if (method === 'GET') return 404
      if (method === 'POST') patches = 0
      if (method !== 'PATCH' || ++patches <= good) return undefined
      good++
      return 503
    })
    await using server = await startServer(handler)
    const registry = open({ chunkSize: 70_000 })
    const blob = blobOf(600_000)
    expect(await registry.upload(`${server.host}/app`, blob)).toBe('sent')
    expect(state.kept).toEqual(blob.bytes)
    registry.close()
  })

  it('is given up after some attempts, with host, request, status and attempt', async () => {
    const { handler } = keeping(({ method }) => (method === 'PUT' ? 503 : undefined))
    await using server = await startServer(handler)
    const registry = open()
    await expect(registry.upload(`${server.host}/app`, blobOf(1000))).rejects.toThrow(
      new RegExp(`PUT app/blobs/uploads/…, attempt 3: ${server.host} answers 503`),
    )
    registry.close()
  })
})

describe('a registry that needs long to store a blob', () => {
  it('is waited for, and gets the bytes once', async () => {
    await using server = await startServer((request, response) => {
      request.resume()
      if (request.method === 'HEAD') return response.writeHead(404).end()
      if (request.method === 'POST') return response.writeHead(202, { location: '/v2/app/blobs/uploads/1' }).end()
      return request.on('end', () => setTimeout(() => response.writeHead(201).end(), 3 * impatient.idleMs))
    })
    const registry = open()
    expect(await registry.upload(`${server.host}/app`, blobOf(1 << 20))).toBe('sent')
    expect(server.requests.map(({ method }) => method)).toEqual(['HEAD', 'POST', 'PUT'])
    registry.close()
  })
})

describe('a list of tags', () => {
  it('may be as long as its bytes allow', async () => {
    const tags = JSON.stringify({ name: 'app', tags: Array.from({ length: 200_000 }, (_, i) => `t${i}`) })
    await using server = await startServer((_, response) => response.end(tags))
    const registry = open()
    expect(await registry.tags(`${server.host}/app`)).toHaveLength(200_000)
    registry.close()
  })
})

describe('what a failed push says', () => {
  it('speaks of no mirror: what is pushed goes to none', async () => {
    await using busy = await startServer((_, response) => response.writeHead(429, { 'retry-after': '0' }).end())
    await using broken = await startServer((request) => request.socket.destroy())
    const registry = open()
    const hintOf = async (asked: Promise<unknown>) =>
      (await asked.catch((error: TsbuildError) => error)) as TsbuildError
    const none = { hint: expect.not.stringContaining('mirror') }
    expect(await hintOf(registry.upload(`${busy.host}/app`, blobOf(10)))).toMatchObject(none)
    expect(await hintOf(registry.upload(`${broken.host}/app`, blobOf(10)))).toMatchObject(none)
    const some = { hint: expect.stringContaining('--registry-mirror') }
    expect(await hintOf(registry.document(parseReference(`${busy.host}/app:1`)))).toMatchObject(some)
    expect(await hintOf(registry.document(parseReference(`${broken.host}/app:1`)))).toMatchObject(some)
    registry.close()
  })

  it.each([200, 202])('is that nothing took the manifest, when a page answers %i to everything', async (status) => {
    await using server = await startServer((request, response) =>
      request.resume().on('end', () => response.writeHead(status, { 'content-type': 'text/html' }).end('<html>')),
    )
    const registry = open()
    const document = { mediaType: mediaTypes.index, bytes: Buffer.from('{"schemaVersion":2,"manifests":[]}') }
    await expect(registry.put(`${server.host}/app`, document, '1')).rejects.toMatchObject({
      code: 'TSB_REGISTRY_STATUS',
      message: `PUT app/manifests/1: ${server.host} answers ${status}, where a registry that has taken it says 201`,
    })
    registry.close()
  })

  it.each([2, 99])('is nothing for a while, when others write the same at %i moments', async (moments) => {
    let asked = 0
    await using server = await startServer((request, response) =>
      request.resume().on('end', () => {
        if (++asked > moments) return response.writeHead(201).end()
        const errors = [{ code: 'DIGEST_INVALID', message: 'provided digest did not match uploaded content' }]
        return response.writeHead(400).end(JSON.stringify({ errors }))
      }),
    )
    const registry = open()
    const document = { mediaType: mediaTypes.index, bytes: Buffer.from('{"schemaVersion":2,"manifests":[]}') }
    const put = registry.put(`${server.host}/app`, document, '1')
    if (moments === 2) expect(await put).toMatchObject({ digest: sha256(document.bytes) })
    else {
      await expect(put).rejects.toMatchObject({
        code: 'TSB_PUSH_DIGEST',
        message: expect.stringMatching(/answers 400: provided digest did not match .*\(3 attempts\)$/),
      })
    }
    registry.close()
  })

  it('is nothing, where another status than 201 names the digest', async () => {
    const document = { mediaType: mediaTypes.index, bytes: Buffer.from('{"schemaVersion":2,"manifests":[]}') }
    const headers = { 'docker-content-digest': sha256(document.bytes) }
    await using server = await startServer((request, response) =>
      request.resume().on('end', () => response.writeHead(200, headers).end()),
    )
    const registry = open()
    expect(await registry.put(`${server.host}/app`, document, '1')).toMatchObject({ digest: sha256(document.bytes) })
    registry.close()
  })
})

describe('a mount', () => {
  it('for which the token server gives no token is none: the bytes are sent', async () => {
    await using server = await startServer((request, response) => {
      const { pathname, searchParams } = new URL(request.url ?? '', 'http://x')
      request.resume()
      if (pathname === '/token') {
        const isDenied = searchParams.getAll('scope').some((scope) => scope.includes('private'))
        return response.writeHead(isDenied ? 403 : 200).end('{"token":"t"}')
      }
      if (!request.headers.authorization) {
        const challenge = `Bearer realm="http://${request.headers.host}/token",service="s"`
        return response.writeHead(401, { 'www-authenticate': challenge }).end()
      }
      if (request.method === 'HEAD') return response.writeHead(404).end()
      if (request.method === 'POST') return response.writeHead(202, { location: '/v2/app/blobs/uploads/1' }).end()
      return request.on('end', () => response.writeHead(201).end())
    })
    const registry = open()
    expect(await registry.upload(`${server.host}/app`, { ...blobOf(1000), elsewhere: 'private/base' })).toBe('sent')
    registry.close()
  })
})

describe('a registry that sends elsewhere', () => {
  it('E15 an upload is not sent to another origin', async () => {
    await using other = await startServer((_, response) => response.writeHead(201).end())
    await using server = await startServer((request, response) =>
      request.method === 'POST'
        ? response.writeHead(202, { location: `http://${other.host}/upload` }).end()
        : response.writeHead(404).end(),
    )
    const registry = open()
    await expect(registry.upload(`${server.host}/app`, blobOf(1000))).rejects.toThrow(code('TSB_UPLOAD_LOCATION'))
    expect(other.requests).toEqual([])
    registry.close()
  })

  it('E16 the next page of tags is not asked of another origin', async () => {
    await using other = await startServer((_, response) => response.end('{"tags":["x"]}'))
    await using server = await startServer((request, response) => {
      const next = request.url?.includes('last') ? `http://${other.host}/v2/app/tags/list` : '/v2/app/tags/list?last=a'
      response.setHeader('link', `<${next}>; rel="next"`).end('{"name":"app","tags":["a","b"]}')
    })
    const registry = open()
    await expect(registry.tags(`${server.host}/app`)).rejects.toThrow(code('TSB_TAGS_LINK'))
    expect(server.requests.map(({ path }) => path)).toEqual(['/v2/app/tags/list', '/v2/app/tags/list?last=a'])
    expect(other.requests).toEqual([])
    registry.close()
  })

  it('E16 nor of a host that a path with two slashes names', async () => {
    await using other = await startServer((_, response) => response.end('{"tags":["secret"]}'))
    await using server = await startServer((request, response) => {
      const next = `http://${request.headers.host}//${other.host}/secret`
      response.setHeader('link', `<${next}>; rel="next"`).end('{"name":"app","tags":["a"]}')
    })
    const registry = open()
    await expect(registry.tags(`${server.host}/app`)).rejects.toThrow(code('TSB_TAGS_LINK'))
    expect(server.requests).toHaveLength(1)
    expect(other.requests).toEqual([])
    registry.close()
  })

  it('E23 a registry that says it took something else is not believed', async () => {
    await using server = await startServer((request, response) => {
      request.resume().on('end', () => response.writeHead(201, { 'docker-content-digest': sha256(config) }).end())
    })
    const registry = open()
    const document = { mediaType: mediaTypes.index, bytes: Buffer.from('{"schemaVersion":2,"manifests":[]}') }
    await expect(registry.put(`${server.host}/app`, document, '1')).rejects.toThrow(code('TSB_PUSH_DIGEST'))
    registry.close()
  })
})
