import { createHash } from 'node:crypto'
import { copyFileSync, mkdirSync } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import path from 'node:path'
import { onTestFinished } from 'vitest'
import { hasProgram } from './programs.ts'
import { startProxy } from './proxy-server.ts'
import { scratch } from './scratch.ts'
import { startTlsServer } from './tls-server.ts'

export const hasAmazon = hasProgram('openssl')

const host = 's3.us-east-1.amazonaws.com'

/** Amazon's S3 under its own name, as far as caches see it, written after its published API: what a PUT asks for is kept. */
export interface Amazon {
  /** For who asks it: the way there, and who vouches for it. */
  readonly env: Readonly<Record<string, string>>
  readonly place: {
    readonly bucket: string
    readonly region: string
    readonly usePathStyle: true
    readonly accessKeyId: string
    readonly secretAccessKey: string
  }
  /** Method, key and status, in the order of the answers. */
  readonly log: string[]
  readonly objects: Map<string, Buffer>
}

/** @param together so many conditional writes are waited for before the first of them is looked at */
export async function startAmazon(together: number): Promise<Amazon> {
  const objects = new Map<string, Buffer>()
  const log: string[] = []
  const meeting = meetingOf(together)
  const writing = new Set<string>()
  /** Of writes that meet one is done, and those that begin before it has ended are told so. */
  const put = async (key: string, body: Buffer, { headers }: IncomingMessage) => {
    const { 'if-match': match, 'if-none-match': none } = headers
    const isConditional = match !== undefined || none !== undefined
    if (isConditional) await meeting()
    const there = objects.get(key)
    if (match !== undefined && !there) return 404
    if (isConditional && writing.has(key)) return 409
    if (there && (none === '*' || (match !== undefined && match !== etagOf(there)))) return 412
    writing.add(key)
    await new Promise(setImmediate)
    objects.set(key, body)
    writing.delete(key)
    return 200
  }
  const server = await startTlsServer(async (request, response) => {
    const { method = '', url = '', headers } = request
    const key = decodeURIComponent(url.split('?')[0] ?? '').replace('/bucket/', '')
    const body = await bodyOf(request)
    const isSigned = headers.authorization?.startsWith('AWS4-HMAC-SHA256 Credential=AKIDTEST/')
    const found = objects.get(key)
    const status = !isSigned ? 403 : method === 'PUT' ? await put(key, body, request) : found ? 200 : 404
    log.push(`${method} ${key} ${status}`)
    answer(response, status, status === 200 ? objects.get(key) : undefined, method)
  }, host)
  const proxy = await startProxy(server.host)
  onTestFinished(() => proxy[Symbol.asyncDispose]())
  const config = await scratch()
  const trusted = path.join(config, 'containers/certs.d', host)
  mkdirSync(trusted, { recursive: true })
  copyFileSync(server.certificate, path.join(trusted, 'ca.crt'))
  const keys = { accessKeyId: 'AKIDTEST', secretAccessKey: 'secret' }
  return {
    env: { HTTPS_PROXY: proxy.url, XDG_CONFIG_HOME: config },
    place: { bucket: 'bucket', region: 'us-east-1', usePathStyle: true, ...keys },
    log,
    objects,
  }
}

/** The first ones wait for each other; who comes later does not wait. */
function meetingOf(count: number): () => Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  let come = 0
  return () => {
    if (++come >= count) resolve()
    return promise
  }
}

function answer(response: ServerResponse, status: number, found: Buffer | undefined, method: string): void {
  const codes: Readonly<Record<number, string>> = {
    403: 'AccessDenied',
    404: 'NoSuchKey',
    409: 'ConditionalRequestConflict',
    412: 'PreconditionFailed',
  }
  const said = found ?? Buffer.from(`<Error><Code>${codes[status]}</Code></Error>`)
  const known = found && { etag: etagOf(found), 'last-modified': new Date().toUTCString() }
  response.writeHead(status, { ...known, 'content-length': method === 'PUT' && found ? 0 : said.length })
  response.end(found && method !== 'GET' ? '' : said)
}

function etagOf(bytes: Buffer): string {
  return `"${createHash('md5').update(bytes).digest('hex')}"`
}

async function bodyOf(incoming: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of incoming) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}
