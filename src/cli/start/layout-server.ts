import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import path from 'node:path'

/** All users of this machine may ask, and get nothing else. */
const asked = /^\/v2\/(base|cache)\/(manifests|blobs)\/(latest|sha256:[0-9a-f]{64})$/

/** A registry of OCI layouts by their names: what is in them when it is asked for. */
export async function serveLayouts(
  layouts: Readonly<Record<'base' | 'cache', string>>,
): Promise<AsyncDisposable & { readonly port: number }> {
  const server = createServer((request, response) => {
    const [, name, kind, wanted = ''] = asked.exec(request.url ?? '') ?? []
    const layout = name === 'base' || name === 'cache' ? layouts[name] : undefined
    try {
      if (layout === undefined) throw new Error('there is no such thing')
      const blob = (digest: string) => readFileSync(path.join(layout, 'blobs', digest.replace(':', '/')))
      const root =
        wanted === 'latest' ? JSON.parse(readFileSync(path.join(layout, 'index.json'), 'utf8')).manifests[0] : undefined
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
