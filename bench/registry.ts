import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { openAsBlob, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { blobPath, type Layout } from './layout.ts'

/** A `docker-registry` on a port of this machine. */
export interface Registry extends AsyncDisposable {
  /** `127.0.0.1:PORT` */
  readonly host: string
  push(layout: Layout, repository: string, tag: string): Promise<void>
}

/** Keeps its data in `folder`, which nobody else may use. */
export async function startRegistry(folder: string): Promise<Registry> {
  const host = `127.0.0.1:${await freePort()}`
  const config = join(folder, 'registry.yml')
  const storage = `{filesystem: {rootdirectory: ${JSON.stringify(join(folder, 'registry'))}}}`
  writeFileSync(config, `version: 0.1\nlog: {level: error}\nstorage: ${storage}\nhttp: {addr: "${host}"}\n`)
  const words = ['--pdeathsig', 'KILL', 'docker-registry', 'serve', config]
  const server = spawn('setpriv', words, { stdio: 'ignore' })
  await once(server, 'spawn')
  const stop = async () => {
    if (server.exitCode === null && server.kill()) await once(server, 'exit')
  }
  if (!(await answers(host))) {
    await stop()
    throw new Error(`docker-registry does not answer on ${host}`)
  }
  return {
    host,
    push: (layout, repository, tag) => push(`http://${host}/v2/${repository}`, layout, tag),
    [Symbol.asyncDispose]: stop,
  }
}

async function push(repository: string, { folder, manifest, manifestDigest }: Layout, tag: string): Promise<void> {
  for (const { digest } of [manifest.config, ...manifest.layers]) {
    const upload = await send(`${repository}/blobs/uploads/`, { method: 'POST' })
    const target = new URL(upload.headers.get('location') ?? '', repository)
    target.searchParams.set('digest', digest)
    const headers = { 'content-type': 'application/octet-stream' }
    await send(target.href, { method: 'PUT', headers, body: await openAsBlob(blobPath(folder, digest)) })
  }
  const body = readFileSync(blobPath(folder, manifestDigest))
  await send(`${repository}/manifests/${tag}`, { method: 'PUT', headers: { 'content-type': manifest.mediaType }, body })
}

async function send(url: string, request: RequestInit): Promise<Response> {
  const answer = await fetch(url, request)
  if (!answer.ok) throw new Error(`${request.method} ${url}: ${answer.status} ${await answer.text()}`)
  return answer
}

async function answers(host: string): Promise<boolean> {
  for (let attempt = 0; attempt < 100; attempt++) {
    const answer = await fetch(`http://${host}/v2/`).catch(() => undefined)
    if (answer?.ok) return true
    await sleep(50)
  }
  return false
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return address.port
}
