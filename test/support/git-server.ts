import { spawn } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { type Handler, startServer, type TestServer } from './http-server.ts'

/** Real repositories over http, until the test ends. */
export interface GitServer extends Pick<TestServer, 'host' | 'requests'> {
  /** `http://127.0.0.1:PORT` */
  readonly origin: string
}

export interface GitServerOptions {
  /** Which `Authorization` may read; all may when it is absent. */
  readonly allows?: (authorization: string | undefined) => boolean
  /** More of the environment of `git http-backend`. */
  readonly env?: Readonly<Record<string, string>>
}

/** Serves what is below `root`: `http://…/repo.git` is `root/repo.git`. Only inside a test. */
export async function serveGit(root: string, options: GitServerOptions = {}): Promise<GitServer> {
  return serveWith(gitHandler(root, options))
}

/** As `serveGit`, with answers of the test's own. */
export async function serveWith(handler: Handler): Promise<GitServer> {
  const server = await startServer(handler)
  onTestFinished(() => server[Symbol.asyncDispose]())
  return { origin: `http://${server.host}`, host: server.host, requests: server.requests }
}

/** Answers by `git http-backend`. */
export function gitHandler(root: string, { allows, env }: GitServerOptions = {}): Handler {
  return (request, response) => {
    if (allows?.(request.headers.authorization) === false) {
      response.writeHead(401, { 'WWW-Authenticate': 'Basic realm="git"' }).end()
      return
    }
    const backend = spawn('git', ['-c', 'safe.directory=*', 'http-backend'], {
      env: { ...environmentOf(root, request), ...env },
      stdio: ['pipe', 'pipe', 'ignore'],
    })
    backend.stdin.on('error', () => undefined) // git may have heard enough
    request.pipe(backend.stdin)
    const chunks: Buffer[] = []
    backend.stdout.on('data', (chunk: Buffer) => chunks.push(chunk))
    backend.on('close', () => sendCgi(Buffer.concat(chunks), response))
  }
}

function environmentOf(root: string, { method, url = '/', headers }: Parameters<Handler>[0]) {
  const { pathname, search } = new URL(url, 'http://localhost')
  return {
    PATH: process.env['PATH'],
    GIT_PROJECT_ROOT: root,
    GIT_HTTP_EXPORT_ALL: '1',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_GLOBAL: '/dev/null',
    PATH_INFO: decodeURIComponent(pathname),
    QUERY_STRING: search.slice(1),
    REQUEST_METHOD: method,
    CONTENT_TYPE: headers['content-type'] ?? '',
    HTTP_CONTENT_ENCODING: headers['content-encoding'] ?? '',
    GIT_PROTOCOL: String(headers['git-protocol'] ?? ''),
  }
}

function sendCgi(output: Buffer, response: Parameters<Handler>[1]): void {
  const end = output.indexOf('\r\n\r\n')
  const lines = end < 0 ? [] : output.toString('latin1', 0, end).split('\r\n')
  const headers = new Map(lines.map((line) => line.split(': ', 2) as [string, string]))
  const status = Number.parseInt(headers.get('Status') ?? '200', 10)
  headers.delete('Status')
  response.writeHead(status, Object.fromEntries(headers)).end(output.subarray(end + 4))
}

/** Serves the files below `root` as they are: what git calls the dumb protocol. */
export async function serveFiles(root: string): Promise<GitServer> {
  return serveWith(({ url = '/' }, response) => {
    const { pathname } = new URL(url, 'http://localhost')
    readFile(join(root, pathname)).then(
      (bytes) => response.writeHead(200).end(bytes),
      () => response.writeHead(404).end(),
    )
  })
}
