import { randomBytes } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { startServer, type TestServer } from './http-server.ts'

/**
 * GitHub's cache service, version 2, as far as clients see it, written after its published protocol: three calls of twirp, and
 * Azure's blob storage behind signed URLs. Entries never change, and of two who make the same one only one can.
 */
export interface ActionsCache extends AsyncDisposable {
  readonly url: string
  readonly token: string
  /** Method and path without query, in order. */
  asked(): readonly string[]
  /** Key to bytes, the oldest first; what is written here is what clients get. */
  readonly entries: Map<string, Buffer>
  /** Answers with this status in place of an answer, while it says one. */
  fault: (method: string, path: string) => number | undefined
  /** The key that was made last. */
  lastCreated(): string | undefined
  /** The secret part of URLs that it gave. */
  readonly signatures: Set<string>
}

interface Entry {
  readonly id: string
  readonly key: string
  readonly version: string
  readonly blocks: Map<string, Buffer>
  bytes: Buffer | undefined
  isDone: boolean
}

const service = '/twirp/github.actions.results.api.v1.CacheService/'

export async function startActionsCache(): Promise<ActionsCache> {
  const token = `runtime-${randomBytes(8).toString('hex')}`
  const all: Entry[] = []
  const entries = new Map<string, Buffer>()
  const signatures = new Set<string>()
  let server: TestServer
  const cache = {
    token,
    entries,
    signatures,
    lastCreated: () => all.at(-1)?.key,
    fault: (() => undefined) as ActionsCache['fault'],
    asked: () => server.requests.map(({ method, path }) => `${method} ${path.split('?')[0]}`),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  }
  const signed = ({ id }: Entry) => {
    const signature = randomBytes(12).toString('hex')
    signatures.add(signature)
    return `http://${server.host}/container/${id}?sv=2024-11-04&sig=${signature}`
  }
  const call = (method: string, body: Record<string, unknown>): readonly [number, object] => {
    const { key, version } = body as { readonly key: string; readonly version: string }
    const same = all.find((entry) => entry.key === key && entry.version === version)
    switch (method) {
      case 'CreateCacheEntry': {
        if (same)
          return [
            409,
            { code: 'already_exists', msg: 'cache entry with the same key, version, and scope already exists' },
          ]
        const made: Entry = { id: String(all.length), key, version, blocks: new Map(), bytes: undefined, isDone: false }
        all.push(made)
        return [200, { ok: true, signed_upload_url: signed(made) }]
      }
      case 'FinalizeCacheEntryUpload': {
        if (!same?.bytes || same.bytes.length !== Number(body['size_bytes'])) return [400, { code: 'malformed' }]
        same.isDone = true
        entries.set(key, same.bytes)
        return [200, { ok: true, entry_id: same.id }]
      }
      case 'GetCacheEntryDownloadURL': {
        const prefixes = [key, ...(body['restore_keys'] as readonly string[])]
        const done = all.filter((entry) => entry.isDone && entry.version === version && entries.has(entry.key))
        const found = prefixes.flatMap((prefix) => done.findLast((entry) => entry.key.startsWith(prefix)) ?? [])[0]
        return [200, found ? { ok: true, signed_download_url: signed(found), matched_key: found.key } : { ok: false }]
      }
    }
    return [404, { code: 'bad_route' }]
  }
  server = await startServer(async (request, response) => {
    const { method = '', url = '' } = request
    const body = await bodyOf(request)
    const { pathname, searchParams } = new URL(url, 'http://x')
    const status = cache.fault(method, pathname)
    if (status !== undefined) return void response.writeHead(status).end()
    if (pathname.startsWith(service)) {
      if (request.headers.authorization !== `Bearer ${token}`) return json(response, 401, { code: 'unauthenticated' })
      return json(response, ...call(pathname.slice(service.length), JSON.parse(String(body))))
    }
    if (request.headers.authorization || !signatures.has(searchParams.get('sig') ?? '')) {
      return void response.writeHead(403, { 'x-ms-error-code': 'AuthenticationFailed' }).end()
    }
    const entry = all[Number(pathname.split('/')[2])]
    if (!entry) return void response.writeHead(404, { 'x-ms-error-code': 'BlobNotFound' }).end()
    if (method === 'PUT') return void response.writeHead(put(entry, request, searchParams, body) ? 201 : 400).end()
    get(entries.get(entry.key) ?? Buffer.alloc(0), request, response)
  })
  return Object.assign(cache, { url: `http://${server.host}/` })
}

/** Put Block, Put Block List and Put Blob. */
function put(entry: Entry, { headers }: IncomingMessage, query: URLSearchParams, body: Buffer): boolean {
  if (entry.isDone) return false
  if (query.get('comp') === 'block') {
    entry.blocks.set(query.get('blockid') ?? '', body)
    return true
  }
  if (query.get('comp') === 'blocklist') {
    const ids = [...String(body).matchAll(/<Latest>([^<]+)<\/Latest>/g)].map(([, id = '']) => id)
    if (!ids.every((id) => entry.blocks.has(id))) return false
    entry.bytes = Buffer.concat(ids.map((id) => entry.blocks.get(id) ?? Buffer.alloc(0)))
    return true
  }
  if (headers['x-ms-blob-type'] !== 'BlockBlob') return false
  entry.bytes = body
  return true
}

function get(bytes: Buffer, { headers }: IncomingMessage, response: ServerResponse): void {
  const range = /^bytes=(\d+)-(\d*)$/.exec(headers.range ?? String(headers['x-ms-range'] ?? ''))
  if (!range) return void response.writeHead(200, { 'content-length': bytes.length }).end(bytes)
  const from = Number(range[1])
  const to = Math.min(range[2] ? Number(range[2]) : bytes.length - 1, bytes.length - 1)
  const part = bytes.subarray(from, to + 1)
  response
    .writeHead(206, { 'content-length': part.length, 'content-range': `bytes ${from}-${to}/${bytes.length}` })
    .end(part)
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}

function json(response: ServerResponse, status: number, value: object): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value))
}
