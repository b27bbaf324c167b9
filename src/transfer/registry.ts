import type { Reference } from '../image/index.ts'
import type { Registry } from '../registry/index.ts'
import { type Blob, kindOf, type Report, type Source, type Target } from './place.ts'

/** What a registry has under a name. @throws {TsbuildError} those of `Registry.document` */
export async function registrySource(registry: Registry, reference: Reference, signal?: AbortSignal): Promise<Source> {
  const location = `${reference.domain}/${reference.path}`
  return {
    root: await registry.document(reference, signal),
    document: async ({ digest }, stop) => {
      const { tag: _, ...repository } = reference
      return (await registry.document({ ...repository, digest }, stop)).bytes
    },
    blob: (descriptor, stop) => ({ descriptor, location, open: () => registry.blob(location, descriptor, stop) }),
    referrers: (digest, stop) => registry.referrers(location, digest, stop),
  }
}

/** @param tags what the root is called there; none: it is reached by its digest alone */
export function registryTarget(registry: Registry, location: string, tags: readonly string[]): Target {
  return {
    blob: (blob, report, signal) => uploadTo(registry, location, blob, report, signal),
    async document({ descriptor: { mediaType }, bytes }, role, signal) {
      const names = role === 'root' && tags.length > 0 ? tags : [undefined]
      for (const tag of names) await registry.put(location, { mediaType, bytes }, tag, signal)
    },
    finish: async () => {},
  }
}

/** Sends a blob, or has the registry take it from another repository of its own: no registry hears of another (E32). */
export async function uploadTo(
  registry: Registry,
  location: string,
  { descriptor, open, ready, location: origin }: Blob,
  report: Report | undefined,
  signal: AbortSignal | undefined,
): Promise<void> {
  const { digest, size } = descriptor
  const label = `pushing ${kindOf(descriptor)} ${digest}`
  const elsewhere = origin === undefined ? undefined : repositoryOn(location, origin)
  const blob = { descriptor, open, elsewhere, ...(ready && { ready }) }
  const how = await registry.upload(location, blob, (sent) => report?.(label, sent, size), signal)
  report?.(how === 'sent' ? label : `${label} (${how === 'mounted' ? 'mounted' : 'already there'})`, size, size, true)
}

/** The repository of a place, when that is of the same registry as another. */
function repositoryOn(location: string, place: string): string | undefined {
  const host = location.slice(0, location.indexOf('/') + 1)
  return !place.includes('://') && place.startsWith(host) ? place.slice(host.length) : undefined
}
