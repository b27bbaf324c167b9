import type { Digest } from '../digest/index.ts'
import { TsbuildError } from '../errors.ts'
import type { Descriptor, Reference } from '../image/index.ts'
import type { DurableBlobs } from './blobs.ts'
import { summarize } from './documents.ts'
import type { ImagePorts } from './find-image.ts'
import { entriesFor, nameOf, ownAnnotations, remoteOf } from './index-file.ts'

/**
 * Gives a manifest names, taking them from whatever had them. Nothing is written, nor locked, when it has them already,
 * as after a build in which all was cached. By the time the names are seen, the image would survive a power cut.
 * @param remote what the registry of the names has under them; absent: what was known of that stays
 */
export async function nameImage(
  ports: ImagePorts,
  manifest: Descriptor,
  names: readonly Reference[],
  remote?: Digest,
): Promise<void> {
  const { blobs, index, locked } = ports
  if (isNamed(await index.read(), manifest, names, remote)) return
  const summary = await summarize(blobs, manifest)
  const layers = summary?.layers ?? []
  await blobs.settle([manifest.digest, ...(summary?.documents ?? []), ...layers])
  await locked('index', async () => {
    for (const layer of layers) await checkAvailable(blobs, layer)
    await index.write(withNames(await index.read(), manifest, names, remote))
  })
}

/** Does what `Images.published` says. A name that has another image by now is none of this one's. */
export async function notePublished(
  { index, locked }: Pick<ImagePorts, 'index' | 'locked'>,
  manifest: Descriptor,
  names: readonly Reference[],
  remote: Digest,
): Promise<void> {
  const published = new Set(names.map(({ normal }) => normal))
  const isOld = (entry: Descriptor) =>
    entry.digest === manifest.digest && published.has(nameOf(entry) ?? '') && remoteOf(entry) !== remote
  if (!(await index.read()).some(isOld)) return
  await locked('index', async () => {
    const entries = await index.read()
    const old = entries.filter(isOld)
    const others = entries.filter((entry) => !old.includes(entry))
    const isTold = ({ normal }: Reference) => old.some((entry) => nameOf(entry) === normal)
    const [entry] = old
    if (!entry) return
    await index.write([...others, ...names.filter(isTold).flatMap((name) => entriesFor(entry, name, remote))])
  })
}

function isNamed(
  entries: readonly Descriptor[],
  manifest: Descriptor,
  names: readonly Reference[],
  remote: Digest | undefined,
): boolean {
  const said = JSON.stringify(ownAnnotations(manifest))
  const isSame = (entry: Descriptor) =>
    JSON.stringify(ownAnnotations(entry)) === said && (remote === undefined || remoteOf(entry) === remote)
  const own = entries.filter((entry) => entry.digest === manifest.digest && isSame(entry))
  return own.length > 0 && names.every(({ normal }) => own.some((entry) => nameOf(entry) === normal))
}

/** Under the lock of the index, as removing images is: a layer that is here now stays, since the index will name it. */
async function checkAvailable(blobs: DurableBlobs, layer: Descriptor['digest']): Promise<void> {
  if ((await blobs.has(layer)) || (await blobs.origin(layer))) return
  throw new TsbuildError('TSB_BLOB_MISSING', `layer ${layer} of the image is not in the store any more`, {
    hint: 'build or pull the image again',
  })
}

function withNames(
  entries: readonly Descriptor[],
  manifest: Descriptor,
  names: readonly Reference[],
  remote: Digest | undefined,
): readonly Descriptor[] {
  const given = new Set(names.map((name) => name.normal))
  const kept = entries.filter((entry) => {
    const name = nameOf(entry)
    return name === undefined ? names.length === 0 || entry.digest !== manifest.digest : !given.has(name)
  })
  const added =
    names.length === 0
      ? untagged(kept, manifest)
      : names.flatMap((name) => entriesFor(manifest, name, remote ?? knownRemote(entries, manifest, name)))
  return [...kept, ...added]
}

/** A name that keeps its image keeps what is known of it in its registry. */
function knownRemote(
  entries: readonly Descriptor[],
  { digest }: Descriptor,
  { normal }: Reference,
): Digest | undefined {
  const before = entries.find((entry) => entry.digest === digest && nameOf(entry) === normal)
  return before && remoteOf(before)
}

function untagged(entries: readonly Descriptor[], manifest: Descriptor): readonly Descriptor[] {
  const { mediaType, digest, size } = manifest
  if (entries.some((entry) => entry.digest === digest)) return []
  const annotations = ownAnnotations(manifest)
  return [{ mediaType, digest, size, ...(Object.keys(annotations).length > 0 && { annotations }) }]
}
