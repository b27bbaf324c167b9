/**
 * How long a cold machine's build takes in which all is in a shared cache, beside the fetching of its records by others, by how far
 * the registry is and by what it asks for. `node scripts/bundle.ts && node bin/warm-up.js && node bench/records.ts DEBIAN.tar`, as
 * root; the tar is a root file system. Needs docker-registry, skopeo and openssl.
 */
import { once } from 'node:events'
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { request as ask, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { tsbuildOn } from './ci-machine.ts'
import { run } from './command.ts'
import { startRegistry } from './registry.ts'
import { median } from './statistics.ts'
import { startWire } from './wire.ts'
import { workloads } from './workloads.ts'

const rounds = 15
const token = 'a-token-of-the-bench'
/** Milliseconds in one direction. */
const delays = [0, 5, 10, 25, 50]
const [debian] = process.argv.slice(2)
if (debian === undefined) throw new Error('name a tar of a Debian root file system')

const folder = mkdtempSync(join(tmpdir(), 'tsbuild-bench-records-'))
let count = 0
try {
  await using registry = await startRegistry(folder)
  const plain = await startWire(registry.host)
  const certificate = await makeCertificate()
  const tokens = await startTokens(certificate)
  const toTokens = await startWire(hostOf(tokens))
  const guarded = await startGuarded(registry.host, toTokens.host, certificate)
  const secure = await startWire(hostOf(guarded))
  const wires = [plain, toTokens, secure]

  const maker = machine()
  await tsbuildOn(maker, 'import', debian, `${plain.host}/library/debian:bookworm`)
  await tsbuildOn(maker, 'push', `${plain.host}/library/debian:bookworm`)
  const to = `type=registry,ref=${plain.host}/app:cache,mode=max`
  await tsbuildOn(maker, 'build', '--push', '-t', `${plain.host}/app`, '--cache-to', to, contextOn(plain.host))

  const kinds = [
    { kind: 'plain HTTP, open', host: plain.host, isSecure: false },
    { kind: 'TLS and a token', host: secure.host, isSecure: true },
  ]
  console.log(
    '| registry | there and back | skopeo | a script for Node | tsbuild, the whole build | to skopeo | to the script |',
  )
  console.log('|---|---|---|---|---|---|---|')
  for (const { kind, host, isSecure } of kinds) {
    const trusted = isSecure ? [host, toTokens.host] : []
    const reader = machine(...trusted)
    const context = contextOn(host)
    const ref = `${host}/app:cache`
    const readers = [
      () =>
        run({
          argv: ['skopeo', 'inspect', '--config', '--raw', `--tls-verify=${isSecure}`, `docker://${ref}`],
          env: { HOME: reader },
        }),
      () => script(ref, isSecure),
      () => tsbuildOn(machine(...trusted), 'build', '--progress=plain', '-t', 'app', '--cache-from', ref, context),
    ]
    for (const delay of delays) {
      for (const wire of wires) wire.delay(delay)
      const taken: number[][] = readers.map(() => [])
      for (let round = -1; round < rounds; round++) {
        for (const [at, read] of readers.entries()) {
          const started = performance.now()
          const said = await read()
          if (round >= 0) taken[at]?.push(performance.now() - started)
          const hits = said.match(/CACHED from /g)?.length
          if (at === 2 && hits !== 5) throw new Error(`${hits} hits:\n${said}`)
        }
      }
      const [skopeo = 0, node = 0, whole = 0] = taken.map(median)
      const times = [skopeo, node, whole].map((time) => `${Math.round(time)} ms`)
      const ratios = [whole / skopeo, whole / node].map((ratio) => `${ratio.toFixed(2)} ×`)
      console.log(`| ${[kind, `${2 * delay} ms`, ...times, ...ratios].join(' | ')} |`)
    }
  }
  for (const wire of wires) wire.close()
  for (const server of [tokens, guarded]) server.close()
} finally {
  rmSync(folder, { recursive: true, force: true })
}

/** A machine with an empty store, which trusts these servers. */
function machine(...hosts: readonly string[]): string {
  const place = join(folder, `machine-${count++}`)
  mkdirSync(place)
  for (const host of hosts) {
    const certificates = join(place, '.config/containers/certs.d', host)
    mkdirSync(certificates, { recursive: true })
    copyFileSync(join(folder, 'server.crt'), join(certificates, 'ca.crt'))
  }
  return place
}

function contextOn(host: string): string {
  const context = join(folder, `context-${count++}`)
  mkdirSync(context)
  workloads.find(({ name }) => name === 'small')?.make(context)
  const file = join(context, 'Dockerfile')
  writeFileSync(file, readFileSync(file, 'utf8').replace('debian:bookworm', `${host}/library/debian:bookworm`))
  return context
}

/** The two documents, as somebody who knows where they are and what will be asked for would fetch them by Node itself. */
async function script(ref: string, isSecure: boolean): Promise<string> {
  const [host = '', name = ''] = ref.split(/\/|:cache/)
  const text = `
    const http = require('node:${isSecure ? 'https' : 'http'}')
    const ca = ${isSecure} ? require('node:fs').readFileSync(${JSON.stringify(join(folder, 'server.crt'))}) : undefined
    const agent = new http.Agent({ keepAlive: true })
    const headers = { accept: 'application/vnd.oci.image.manifest.v1+json' }
    const get = (url) => new Promise((resolve, reject) => {
      http.get(url, { agent, headers, ca }, (response) => {
        const parts = []
        response.on('data', (part) => parts.push(part)).on('end', () => resolve({ response, text: Buffer.concat(parts).toString() }))
      }).on('error', reject)
    })
    const main = async () => {
      const manifest = 'http${isSecure ? 's' : ''}://${host}/v2/${name}/manifests/cache'
      let answer = await get(manifest)
      if (answer.response.statusCode === 401) {
        const [, realm] = /realm="([^"]+)"/.exec(answer.response.headers['www-authenticate'])
        headers.authorization = 'Bearer ' + JSON.parse((await get(realm)).text).token
        answer = await get(manifest)
      }
      const { config } = JSON.parse(answer.text)
      const records = await get('http${isSecure ? 's' : ''}://${host}/v2/${name}/blobs/' + config.digest)
      console.log(JSON.parse(records.text).records.length)
      process.exit()
    }
    main()`
  return run({ argv: [process.execPath, '-e', text] })
}

interface Certificate {
  readonly cert: Buffer
  readonly key: Buffer
}

async function makeCertificate(): Promise<Certificate> {
  const [key, cert] = [join(folder, 'server.key'), join(folder, 'server.crt')]
  const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-subj', '/CN=bench']
  const names = ['-addext', 'subjectAltName=IP:127.0.0.1']
  await run({ argv: ['openssl', 'req', '-x509', ...kind, ...names, '-keyout', key, '-out', cert] })
  return { cert: readFileSync(cert), key: readFileSync(key) }
}

/** Gives everybody a token, as public registries do. */
async function startTokens(certificate: Certificate): Promise<Server> {
  return listening(createServer(certificate, (_, response) => response.end(JSON.stringify({ token }))))
}

/** The registry for who has a token. */
async function startGuarded(registry: string, tokens: string, certificate: Certificate): Promise<Server> {
  const challenge = `Bearer realm="https://${tokens}/token",service="bench"`
  const answer = (request: IncomingMessage, response: ServerResponse) => {
    if (request.headers.authorization !== `Bearer ${token}`) {
      const scope = /^\/v2\/(.+)\/(?:manifests|blobs)\//.exec(request.url ?? '')?.[1]
      const asked = scope === undefined ? challenge : `${challenge},scope="repository:${scope}:pull"`
      response.writeHead(401, { 'www-authenticate': asked }).end('{"errors":[{"code":"UNAUTHORIZED"}]}')
      return
    }
    const { authorization, ...headers } = request.headers
    ask(`http://${registry}${request.url}`, { method: request.method, headers }, (found) => {
      response.writeHead(found.statusCode ?? 500, found.headers)
      found.pipe(response)
    }).end()
  }
  return listening(createServer(certificate, answer))
}

async function listening(server: Server): Promise<Server> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return server
}

function hostOf(server: Server): string {
  return `127.0.0.1:${(server.address() as AddressInfo).port}`
}
