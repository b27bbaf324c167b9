import { type Digest, isDigest } from '../digest/index.ts'
import { TsbuildError } from '../errors.ts'
import { type Descriptor, storedLimits } from '../image/index.ts'
import { familiarName, type IndexFile, isNamed, nameOf, tryReference } from './index-file.ts'
import type { Blobs, HeldImage } from './store.ts'

/**
 * All that the index names, also what other tools put there, with every blob that each needs. What cannot be read to its
 * end is an error: nobody may say then what is not needed.
 * @throws {TsbuildError} TSB_STORE_DAMAGED, TSB_DIGEST_MISMATCH, TSB_DOCUMENT_TOO_LARGE
 */
export async function heldImages(blobs: Blobs, index: IndexFile): Promise<readonly HeldImage[]> {
  const groups = Map.groupBy(await index.read(), (entry) => entry.digest)
  return Promise.all([...groups.values()].map((entries) => describe(blobs, entries)))
}

async function describe(blobs: Blobs, entries: readonly Descriptor[]): Promise<HeldImage> {
  const names = entries.filter(isNamed).map((entry) => {
    const reference = tryReference(nameOf(entry) ?? '')
    return reference ? familiarName(reference) : 'a name of another tool'
  })
  const needed = new Set<Digest>()
  const layers: HeldImage['layers'][number][] = []
  const manifest = entries[0]?.digest
  if (!manifest) throw new Error('a group of no entries')
  await reach(blobs, manifest, needed, layers)
  return { manifest, names: [...new Set(names)].sort(), needed: [...needed], layers }
}

/** Follows indexes to manifests, and those to what they name. A document that is not here leads nowhere. */
async function reach(
  blobs: Blobs,
  digest: Digest,
  needed: Set<Digest>,
  layers: HeldImage['layers'][number][],
): Promise<void> {
  if (needed.has(digest)) return
  needed.add(digest)
  const document = await readObject(blobs, digest, storedLimits.manifest)
  const [config] = digestsIn([document['config']])
  const bottomUp = digestsIn(document['layers'])
  for (const named of [...(config ? [config] : []), ...bottomUp, ...digestsIn(document['blobs'])]) needed.add(named)
  const diffIds = config ? await diffIdsOf(blobs, config) : []
  bottomUp.forEach((blob, i) => {
    const diffId = diffIds[i]
    if (diffId) layers.push({ blob, diffId, isLowest: i === 0 })
  })
  for (const next of digestsIn([...listOf(document['manifests']), document['subject']])) {
    await reach(blobs, next, needed, layers)
  }
}

/** The config of an artifact may be anything. */
async function diffIdsOf(blobs: Blobs, config: Digest): Promise<readonly Digest[]> {
  try {
    const { rootfs } = await readObject(blobs, config, storedLimits.config)
    const texts = typeof rootfs === 'object' && rootfs !== null && 'diff_ids' in rootfs ? listOf(rootfs.diff_ids) : []
    return texts.filter((text): text is Digest => typeof text === 'string' && isDigest(text))
  } catch (error) {
    if (error instanceof TsbuildError) return []
    throw error
  }
}

async function readObject(blobs: Blobs, digest: Digest, limit: number): Promise<Readonly<Record<string, unknown>>> {
  try {
    const value: unknown = JSON.parse(new TextDecoder().decode(await blobs.read(digest, limit)))
    return typeof value === 'object' && value !== null ? { ...value } : {}
  } catch (error) {
    if (error instanceof SyntaxError || (error instanceof TsbuildError && error.code === 'TSB_BLOB_MISSING')) return {}
    throw error
  }
}

function digestsIn(descriptors: unknown): readonly Digest[] {
  return listOf(descriptors).flatMap((descriptor) => {
    if (typeof descriptor !== 'object' || descriptor === null || !('digest' in descriptor)) return []
    const { digest } = descriptor
    return typeof digest === 'string' && isDigest(digest) ? [digest] : []
  })
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}
