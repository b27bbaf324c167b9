import { readFile, rm, stat } from 'node:fs/promises'
import path from 'node:path'
import { type Digest, hexOf } from '../digest/index.ts'
import { isSystemError, TsbuildError } from '../errors.ts'
import { withFolder } from '../export/index.ts'
import { parseIndex, parseManifestOrIndex } from '../image/index.ts'
import { cacheArtifact, isCache } from '../shared-cache/index.ts'
import { type Blob, type Document, layoutTarget } from '../transfer/index.ts'
import { blobOf, type ExportedTo, type Gathered, sendAll } from './cache-blobs.ts'
import type { Report } from './progress.ts'
import { type CacheWorld, sourceAt } from './shared-cache.ts'

/**
 * A folder has what this build used, and nothing else under this name: it is carried from job to job, and must not grow.
 * Builds that write one folder at once do so one after the other: none takes away what another one counts on.
 */
export function writeToFolder(
  to: Extract<ExportedTo, { readonly type: 'local' }>,
  gathered: Gathered,
  world: CacheWorld,
  report: Report,
): Promise<void> {
  const place = path.resolve(world.environment.cwd, to.path)
  return withFolder(place, world.signal, () => writeIn(place, to, gathered, world, report))
}

async function writeIn(
  place: string,
  to: Extract<ExportedTo, { readonly type: 'local' }>,
  { cache, blobs }: Gathered,
  world: CacheWorld,
  report: Report,
): Promise<void> {
  const { session, signal } = world
  const { tag = 'latest' } = to
  const before = await sourceAt(to, world).catch(() => undefined)
  const names = { 'org.opencontainers.image.ref.name': tag }
  const target = await layoutTarget('own-layout', place, names, session.store.temporary, signal)
  const { manifest, config } = cacheArtifact(cache)
  const absent: Blob[] = []
  for (const blob of blobs.values()) if (!(await isIn(place, blob))) absent.push(blob)
  await sendAll([...absent, blobOf(config)], target, new Set(), report, signal)
  await target.document(manifest, 'root', signal)
  await target.finish()
  if (before && before.root.descriptor.digest !== manifest.descriptor.digest) await removeOldIfSure(place, before.root)
}

/** Where something else in the folder cannot be read, nothing is known to be of no use. */
async function removeOldIfSure(place: string, old: Document): Promise<void> {
  try {
    await removeOld(place, old)
  } catch (error) {
    if (!(error instanceof TsbuildError) && !isSystemError(error, 'ENOENT')) throw error
  }
}

function fileOf(place: string, digest: Digest): string {
  return path.join(place, 'blobs', 'sha256', hexOf(digest))
}

async function isIn(place: string, { descriptor }: Blob): Promise<boolean> {
  const found = await stat(fileOf(place, descriptor.digest)).catch(() => undefined)
  return found?.isFile() === true && found.size === descriptor.size
}

/** Takes away what only the cache had that was there before. */
async function removeOld(place: string, old: Document): Promise<void> {
  const found = await parseManifestOrIndex(old.bytes, { mediaType: old.descriptor.mediaType })
  if (found.kind === 'index' || !isCache(found.manifest)) return
  const { config, layers } = found.manifest
  const needed = await reachable(place)
  for (const { digest } of [old.descriptor, config, ...layers]) {
    if (!needed.has(digest)) await rm(fileOf(place, digest), { force: true })
  }
}

/** All that the index of a layout leads to. @throws {TsbuildError} for what of it is not there, or is no document */
async function reachable(place: string): Promise<ReadonlySet<Digest>> {
  const needed = new Set<Digest>()
  const index = path.join(place, 'index.json')
  const waiting = [...(await parseIndex(await readFile(index), index)).manifests]
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const { digest, mediaType } = next
    if (needed.has(digest)) continue
    needed.add(digest)
    const found = await parseManifestOrIndex(await readFile(fileOf(place, digest)), { mediaType })
    if (found.kind === 'index') waiting.push(...found.index.manifests)
    else for (const blob of [found.manifest.config, ...found.manifest.layers]) needed.add(blob.digest)
  }
  return needed
}
