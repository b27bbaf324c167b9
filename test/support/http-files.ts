import { mkdtemp, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { HttpOp } from '../../src/graph/index.ts'
import { parseHttpReference } from '../../src/planner/index.ts'
import type { HttpLimits } from '../../src/remote/http/ask.ts'
import { openHttpFiles } from '../../src/remote/http/open.ts'
import type { FetchedFile, RemoteOptions } from '../../src/remote/index.ts'
import { Secret } from '../../src/secret.ts'
import { defaultCompressionLimits } from '../../src/tree/index.ts'
import type { Handler } from './http-server.ts'
import { impatient } from './pulling.ts'
import { scratch } from './scratch.ts'

/** Fetches by URL, as ADD does, and gives up soon. */
export interface FileFetcher {
  /** The cache. */
  readonly folder: string
  fetch(url: string, checksum?: string, signal?: AbortSignal): Promise<FetchedFile>
  /** The same, as text. */
  text(url: string, checksum?: string): Promise<string>
}

export interface FileFetcherOptions {
  readonly secrets?: Readonly<Record<string, string>>
  readonly env?: RemoteOptions['env']
  readonly limits?: Partial<HttpLimits>
  readonly locked?: RemoteOptions['locked']
  readonly notice?: RemoteOptions['notice']
}

/** Only inside a test. @param folder the cache; a fresh one when absent */
export async function fileFetcher(options: FileFetcherOptions = {}, folder?: string): Promise<FileFetcher> {
  const own = folder ?? (await scratch())
  const { secrets = {}, env = {}, limits = {}, locked = locksByName(), notice = () => {} } = options
  const http = openHttpFiles(
    {
      folder: own,
      secret: async (id) => (secrets[id] === undefined ? undefined : new Secret(Buffer.from(secrets[id]))),
      agent: async () => undefined,
      env,
      locked,
      temporary: (prefix) => mkdtemp(join(own, prefix)),
      notice,
      now: Date.now,
    },
    { patience: impatient, bytes: 1 << 30, unpacking: defaultCompressionLimits, ...limits },
  )
  const fetch = async (text: string, checksum?: string, signal = new AbortController().signal) => {
    const reference = parseHttpReference(text)
    if (!reference) throw new Error(`${text} is no URL`)
    const { url, name, login } = reference
    const op: HttpOp = { kind: 'http', url, name, ...(checksum !== undefined && { checksum }) }
    return http(op, login, signal)
  }
  return { folder: own, fetch, text: async (...asked) => readFile((await fetch(...asked)).path, 'utf8') }
}

/** One after the other for the same name, in this process. */
export function locksByName(): RemoteOptions['locked'] {
  const last = new Map<string, Promise<unknown>>()
  return (name, work) => {
    const done = (last.get(name) ?? Promise.resolve()).then(work, work)
    last.set(name, done)
    return done
  }
}

/** What a good server has for a file: it answers with 304 who knows its ETag, or its time. */
export function fileHandler(
  content: () => { readonly text: string | Uint8Array; readonly headers?: Record<string, string> },
): Handler {
  return (request, response) => {
    const { text, headers = {} } = content()
    const asked = request.headers
    const unchanged =
      asked['if-none-match'] === undefined
        ? asked['if-modified-since'] !== undefined && asked['if-modified-since'] === headers['last-modified']
        : asked['if-none-match'].split(', ').includes(headers['etag'] ?? '')
    response.writeHead(unchanged ? 304 : 200, headers).end(unchanged ? undefined : text)
  }
}
