import { type Bases, type BasesOptions, blobFetcher, openBases } from '../bases/index.ts'
import { type Cache, openCache } from '../cache/index.ts'
import { isObjectLocation } from '../cache-options.ts'
import type { Digest } from '../digest/index.ts'
import { type LayerMounts, layerForm, openLayerMounts, readRights, type Secrets } from '../executor/index.ts'
import type { Descriptor } from '../image/index.ts'
import type { Limits } from '../limits.ts'
import type { ObjectCaches } from '../object-caches/index.ts'
import type { BuildOptions, Environment } from '../options.ts'
import type { Registry } from '../registry/index.ts'
import { openStore, type Store } from '../store/index.ts'
import { type LentAgents, openLentAgents } from './agents.ts'
import { limitsFrom } from './limits.ts'
import { type ClientOptions, type RegistryClient, registryClient } from './registry-client.ts'
import { openSecrets } from './secrets.ts'

/** What a command works with: the store and what is reached through it. It asks no network before something is read. */
export interface Session extends AsyncDisposable {
  readonly store: Store
  readonly cache: Cache
  readonly bases: Bases
  /** The client of registries, loaded on first use. */
  readonly registry: () => Promise<Registry>
  /** Shared caches in services that are no registries, loaded on first use. */
  readonly objects: () => Promise<ObjectCaches>
  readonly agents: LentAgents
  readonly secrets: Secrets
  /** What steps have mounted of layers. */
  readonly mounts: LayerMounts
  readonly limits: Limits
  /** Told of a layer that could not be had when it was to leave, and why. */
  readonly lost?: (blob: Digest, error: unknown) => void
}

export interface SessionOptions extends ClientOptions {
  readonly pull?: 'always' | 'missing' | 'never' | undefined
  readonly ssh?: BuildOptions['ssh'] | undefined
  readonly secrets?: BuildOptions['secrets'] | undefined
  readonly allowSecretInLayer?: boolean | undefined
  /** As `BasesOptions` has it. */
  readonly remember?: BasesOptions['remember'] | undefined
  /** Told how many bytes of a blob that is fetched have come. */
  readonly onBytes?: ((descriptor: Descriptor, received: number) => void) | undefined
  readonly signal?: AbortSignal | undefined
}

/**
 * Opens the store of the environment. Closing it writes what was remembered and removes what was temporary.
 * @param client closed with the session
 */
export async function openSession(
  environment: Environment,
  options: SessionOptions = {},
  client: RegistryClient = registryClient(environment, options),
): Promise<Session> {
  const { now, cwd, root } = environment
  const limits = limitsFrom(options.limits)
  let temporary: Store['temporary'] | undefined
  const folder = (prefix: string) => {
    if (!temporary) throw new Error('the store is not open')
    return temporary(prefix)
  }
  let openedObjects: Promise<ObjectCaches> | undefined
  const objects = () => {
    openedObjects ??= openObjects(environment, limits)
    return openedObjects
  }
  const fetch = blobFetcher(client.open, folder, limits, {
    has: isObjectLocation,
    blob: async function* (...asked) {
      yield* (await objects()).blob(...asked)
    },
  })
  const mounts = openLayerMounts()
  const agents = await openLentAgents(options.ssh, environment, folder)
  const store = await openStore(root, {
    now,
    fetch: (descriptor, origin, signal = options.signal) =>
      counted(fetch(descriptor, origin, signal), (received) => options.onBytes?.(descriptor, received)),
  })
  temporary = store.temporary
  const { marks, devices } = layerForm(readRights())
  const cache = await openCache(store, { now, overlayXattr: marks, devices, limits })
  const bases = openBases({
    store,
    wholeBlobs: cache.wholeBlobs,
    registry: client.open,
    pull: options.pull ?? 'missing',
    cwd,
    remember: options.remember ?? true,
    limits,
    ...(options.signal && { signal: options.signal }),
  })
  return {
    store,
    cache,
    bases,
    registry: client.open,
    objects,
    agents,
    secrets: openSecrets(options, environment),
    mounts,
    limits,
    async [Symbol.asyncDispose]() {
      // Who gave names has waited for them; of a build that failed its own error counts.
      await bases.settled().catch(() => {})
      mounts[Symbol.dispose]()
      await agents[Symbol.asyncDispose]()
      await cache.close()
      await store.close()
      await client[Symbol.asyncDispose]()
      const caches = await openedObjects?.catch(() => undefined)
      caches?.close()
    },
  }
}

async function* counted(bytes: AsyncIterable<Uint8Array>, tell: (received: number) => void): AsyncIterable<Uint8Array> {
  let received = 0
  for await (const chunk of bytes) {
    received += chunk.length
    tell(received)
    yield chunk
  }
}

async function openObjects({ env, now }: Environment, limits: Limits): Promise<ObjectCaches> {
  const { openObjectCaches } = await import('../object-caches/index.ts')
  const settings = async () => {
    const { certificateFolders, openCertificates } = await import('../registry/index.ts')
    const { proxiesOf } = await import('../http/index.ts')
    const certificates = openCertificates(certificateFolders(env))
    return { proxies: proxiesOf(env), trusts: ({ host }: URL) => certificates(host) }
  }
  return openObjectCaches({ env, now }, settings, limits)
}
