import type { Client } from './client.ts'
import type { Endpoint } from './endpoint.ts'

/**
 * Asks a registry whether it takes the login that it is asked with.
 * @throws {TsbuildError} TSB_REGISTRY_DENIED when it does not, and those of `Client`
 */
export async function ping(client: Client, endpoint: Endpoint, signal: AbortSignal | undefined): Promise<void> {
  const url = new URL('/v2/', endpoint.base)
  await client.ask(endpoint, { method: 'GET', url, request: 'GET /v2/', scopes: [] }, signal)
}
