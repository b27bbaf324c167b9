import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'

/**
 * After the program was installed: builds a small image in a folder of its own, so that the first build of whoever uses it
 * starts with compiled code, as on a CI machine whose home is empty. Nothing is asked of a network, nothing stays but
 * `dist/compiled`, and what fails leaves the program as it was.
 */
export async function warmUp(): Promise<void> {
  const place = mkdtempSync(path.join(tmpdir(), 'tsbuild-warm-up-'))
  const target = path.join(__dirname, 'compiled')
  rmSync(target, { recursive: true, force: true })
  const layouts = { base: path.join(place, 'base'), cache: path.join(place, 'cache') }
  await using registry = await serveLayouts(layouts)
  try {
    for (const words of rehearsal(place, layouts, `127.0.0.1:${registry.port}`)) await runProgram(place, words)
    install(path.join(place, 'compiled'), target)
  } finally {
    rmSync(place, { recursive: true, force: true })
  }
}

/** What most people do most: a build, the same again, one with a base and a cache in a registry, and looking at them. */
function rehearsal(
  place: string,
  { base, cache }: Readonly<Record<'base' | 'cache', string>>,
  host: string,
): readonly (readonly string[])[] {
  const write = (name: string, dockerfile: string) => {
    const context = path.join(place, name)
    mkdirSync(path.join(context, 'src'), { recursive: true })
    writeFileSync(path.join(context, 'Dockerfile'), dockerfile)
    writeFileSync(path.join(context, 'src/file'), name)
    return context
  }
  const below = write('below', 'FROM scratch\nCOPY src /\nENV A=b\nCMD ["/file"]\n')
  const app = write(
    'app',
    `FROM ${host}/base\nARG VERSION=1\nENV PATH=/bin:$PATH\nWORKDIR /app\nCOPY src/file ./\nCOPY src ./src\nEXPOSE 80\nUSER 1\nCMD ["/file"]\n`,
  )
  const build = (store: string, ...words: readonly string[]) => ['--root', path.join(place, store), 'build', ...words]
  const from = ['--cache-from', `type=registry,ref=${host}/cache`, '-t', 'app', app]
  return [
    build('first', '-t', 'base', '-o', `type=oci,tar=false,dest=${base}`, below),
    build('first', '-t', 'app', '--cache-to', `type=local,dest=${cache},mode=max`, app),
    build('first', '-t', 'app', app),
    build('second', ...from),
    build('second', ...from),
    ['--root', path.join(place, 'second'), 'history', 'app'],
    ['--root', path.join(place, 'second'), 'plan', app],
  ]
}

/** Whatever it ends with: what ran is compiled. */
async function runProgram(place: string, words: readonly string[]): Promise<void> {
  const child = spawn(process.execPath, [path.join(__dirname, '../bin/tsbuild.js'), ...words], {
    cwd: place,
    env: { PATH: process.env['PATH'], HOME: place, NODE_COMPILE_CACHE: path.join(place, 'compiled') },
    stdio: 'ignore',
    timeout: 30_000,
  })
  await once(child, 'exit')
}

/** Of what Node itself keeps nothing is taken; all users read the rest. */
function install(from: string, target: string): void {
  const [name] = readdirSync(from).filter((one) => one.startsWith('tsbuild-'))
  if (name === undefined) throw new Error('nothing was kept')
  for (const file of readdirSync(path.join(from, name))) chmodSync(path.join(from, name, file), 0o644)
  chmodSync(path.join(from, name), 0o755)
  mkdirSync(target, { mode: 0o755 })
  cpSync(path.join(from, name), path.join(target, name), { recursive: true })
}

/** A registry of OCI layouts by their names: what is in them when it is asked for. */
async function serveLayouts(
  layouts: Readonly<Record<string, string>>,
): Promise<AsyncDisposable & { readonly port: number }> {
  const server: Server = createServer((request, response) => {
    const [, name = '', kind, wanted = ''] = /^\/v2\/(\w+)\/(manifests|blobs)\/(.+)$/.exec(request.url ?? '') ?? []
    const layout = layouts[name] ?? ''
    try {
      const blob = (digest: string) => readFileSync(path.join(layout, 'blobs', digest.replace(':', '/')))
      const isTag = !wanted.includes(':')
      const root = isTag ? JSON.parse(readFileSync(path.join(layout, 'index.json'), 'utf8')).manifests[0] : undefined
      const bytes = blob(root?.digest ?? wanted)
      const { mediaType } =
        kind === 'manifests' ? JSON.parse(bytes.toString()) : { mediaType: 'application/octet-stream' }
      response.writeHead(200, {
        'Content-Type': root?.mediaType ?? mediaType,
        'Content-Length': bytes.length,
        ...(root && { 'Docker-Content-Digest': root.digest }),
      })
      response.end(bytes)
    } catch {
      response.writeHead(404).end()
    }
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}
