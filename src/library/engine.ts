import { lstat } from 'node:fs/promises'
import { type IncomingMessage, request } from 'node:http'
import path from 'node:path'
import { PassThrough } from 'node:stream'
import { isSystemError, TsbuildError } from '../errors.ts'
import { type ExportPorts, exportDocker } from '../export/index.ts'
import { type Image, parseReference } from '../image/index.ts'
import type { Environment } from '../options.ts'
import { currentContext, type EngineContext } from './engine-context.ts'

/** Bytes of an engine's answer that are read. */
const answerLimit = 1 << 20

/** The socket of an engine, or why there is none, for people. */
export type FoundEngine = { readonly socket: string } | { readonly none: string }

/**
 * Finds a Docker engine, or podman's service: that of `DOCKER_HOST`, else of docker's current context, else where engines listen.
 * @throws {TsbuildError} TSB_ENGINE_HOST for a `DOCKER_HOST` that is no socket of this machine
 */
export async function findEngine({ env }: Pick<Environment, 'env'>): Promise<FoundEngine> {
  const { DOCKER_HOST: host = '', XDG_RUNTIME_DIR: runtime = '' } = env
  if (host !== '') {
    const socket = socketOf(host)
    if (socket !== undefined) return { socket }
    throw new TsbuildError('TSB_ENGINE_HOST', `DOCKER_HOST is no socket of this machine: ${host}`, {
      hint: 'tsbuild save --format docker NAME | docker load brings the image to any engine',
    })
  }
  const context = await currentContext(env)
  if (context) return await engineOf(context)
  const usual = ['/var/run/docker.sock', ...(path.isAbsolute(runtime) ? [path.join(runtime, 'docker.sock')] : [])]
  for (const file of usual) if (await isSocket(file)) return { socket: file }
  return { none: 'no Docker engine is here' }
}

/** Hosts of contexts are not shown: they may hold names of users. */
async function engineOf({ name, host }: EngineContext): Promise<FoundEngine> {
  const context = `the Docker context ${JSON.stringify(name)}`
  if (host === undefined) return { none: `${context} names no Docker engine` }
  const socket = socketOf(host)
  if (socket === undefined) return { none: `${context} is no socket of this machine` }
  return (await isSocket(socket)) ? { socket } : { none: `no Docker engine is at ${socket} (${context})` }
}

function socketOf(host: string): string | undefined {
  return /^unix:\/\/(\/.+)$/.exec(host)?.[1]
}

/**
 * Gives an image to an engine, as `docker load` does: nothing is written down in between.
 * @throws {TsbuildError} TSB_ENGINE_UNREACHABLE, TSB_ENGINE_LOAD, and those of `exportDocker`
 */
export async function loadIntoEngine(
  image: Image,
  names: readonly string[],
  socket: string,
  ports: ExportPorts,
): Promise<void> {
  const body = new PassThrough()
  const answer = load(socket, body, ports.signal)
  const named = [{ image, names: names.map(parseReference) }]
  const sending = exportDocker(named, { kind: 'stream', stream: body }, ports).then(
    () => body.end(),
    (error: unknown) => {
      body.destroy(error as Error)
      throw error
    },
  )
  const [answered, sent] = await Promise.allSettled([answer, sending])
  ports.signal?.throwIfAborted()
  // An engine that hangs up says why; that its end of the pipe was broken says nothing.
  if (answered.status === 'rejected' && !(sent.status === 'rejected' && answered.reason === sent.reason)) {
    throw answered.reason
  }
  if (sent.status === 'rejected') throw sent.reason
}

function load(socketPath: string, body: PassThrough, signal: AbortSignal | undefined): Promise<void> {
  const headers = { host: 'docker', 'content-type': 'application/x-tar' }
  const options = { socketPath, method: 'POST', path: '/images/load?quiet=1', headers, ...(signal && { signal }) }
  return new Promise((resolve, reject) => {
    const failed = (error: Error) => {
      body.destroy(error)
      reject('syscall' in error || 'code' in error ? unreachable(socketPath, error) : error)
    }
    const sent = request(options, (response) => {
      readAnswer(response).then((text) => {
        const reason = reasonIn(text, response.statusCode ?? 0)
        if (reason === undefined) return resolve()
        body.destroy()
        reject(new TsbuildError('TSB_ENGINE_LOAD', `the Docker engine did not take the image: ${reason}`))
      }, failed)
    })
    sent.on('error', failed)
    body.on('error', (error) => sent.destroy(error))
    body.pipe(sent)
  })
}

async function readAnswer(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of response as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size <= answerLimit) chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString()
}

/** Why an image was not taken: the message of an error, or of a line of the progress, which comes with status 200. */
function reasonIn(text: string, status: number): string | undefined {
  const messages = text.split('\n').flatMap((line) => {
    const { error, message }: { error?: unknown; message?: unknown } = objectIn(line)
    return [error, ...(status === 200 ? [] : [message])].filter((each) => typeof each === 'string')
  })
  if (status === 200 && messages.length === 0) return undefined
  const [first = `it answers ${status}`] = messages
  return first.replace(/[^\x20-\x7e]+/g, ' ').slice(0, 500)
}

function objectIn(line: string): object {
  try {
    return Object(JSON.parse(line))
  } catch {
    // A line that is no JSON says nothing.
    return {}
  }
}

function unreachable(socket: string, cause: Error): TsbuildError {
  const isForbidden = isSystemError(cause, 'EACCES', 'EPERM')
  return new TsbuildError('TSB_ENGINE_UNREACHABLE', `no Docker engine answers at ${socket}: ${cause.message}`, {
    hint: isForbidden
      ? 'who may use it is in the group that the socket belongs to, mostly docker'
      : 'start it, or leave --load out: the image is in the store',
    cause,
  })
}

async function isSocket(file: string): Promise<boolean> {
  try {
    return (await lstat(file)).isSocket()
  } catch (error) {
    if (isSystemError(error, 'ENOENT', 'ENOTDIR', 'EACCES')) return false
    throw error
  }
}
