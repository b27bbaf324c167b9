import type { Digest } from '../digest/index.ts'
import { TsbuildError } from '../errors.ts'
import type { Descriptor } from '../image/index.ts'
import { summarize } from './documents.ts'
import { findImage, type ImagePorts, type Listed } from './find-image.ts'
import { familiarName, isNamed, nameOf, tryReference } from './index-file.ts'
import { noSuchImage } from './no-such-image.ts'

/** What was done, in words, and the blobs that the index does not name any more. */
export interface Removed {
  readonly lines: readonly string[]
  readonly freed: readonly Digest[]
}

/** Does what `Images.remove` says, but for the blobs. The caller holds the lock of the index. */
export async function removeImage(ports: ImagePorts, name: string): Promise<Removed> {
  const entries = await ports.index.read()
  const broken = await brokenEntries(ports, entries, name)
  if (broken.length > 0) return removeBroken(ports, entries, broken, name)
  const image = await findImage(ports, name)
  if (!image) {
    const names = entries.flatMap((entry) => tryReference(nameOf(entry) ?? '')?.familiar ?? [])
    throw noSuchImage(name, names)
  }
  const removed = entriesToRemove(entries, image, name)
  const kept = entries.filter((entry) => !removed.includes(entry))
  await ports.index.write(kept)
  const untagged = image.names.filter((text) => removed.some((entry) => nameOf(entry) === tryReference(text)?.normal))
  const lines = untagged.map((text) => `Untagged: ${text}`)
  if (kept.some((entry) => entry.digest === image.manifest.digest)) return { lines, freed: [] }
  const freed = [image.manifest.digest, ...image.summary.documents, ...image.summary.layers]
  return { lines: [...lines, `Deleted: ${image.id}`], freed }
}

/** The entries of a name, or of a manifest without one, behind which there is no image, or none any more. */
async function brokenEntries(
  { blobs }: ImagePorts,
  entries: readonly Descriptor[],
  name: string,
): Promise<readonly Descriptor[]> {
  const normal = tryReference(name)?.normal
  const meant = entries.filter((entry) => {
    const called = nameOf(entry)
    return called === undefined ? entry.digest === name : called === normal
  })
  const [first] = meant
  return first && (await summarize(blobs, first)) ? [] : meant
}

async function removeBroken(
  { index }: ImagePorts,
  entries: readonly Descriptor[],
  broken: readonly Descriptor[],
  name: string,
): Promise<Removed> {
  const kept = entries.filter((entry) => !broken.includes(entry))
  await index.write(kept)
  const gone = broken.map(({ digest }) => digest).filter((digest) => kept.every((entry) => entry.digest !== digest))
  const reference = tryReference(name)
  return { lines: [`Untagged: ${reference ? familiarName(reference) : name}`], freed: gone }
}

/** Those of one name; all of them when the image was found by its id. */
function entriesToRemove(entries: readonly Descriptor[], image: Listed, name: string): readonly Descriptor[] {
  const own = entries.filter((entry) => entry.digest === image.manifest.digest)
  const normal = tryReference(name)?.normal
  const named = own.filter((entry) => normal !== undefined && nameOf(entry) === normal)
  if (named.length > 0) return named
  if (image.names.length <= 1) return own
  throw new TsbuildError('TSB_IMAGE_HAS_NAMES', `the image ${name} has several names: ${image.names.join(', ')}`, {
    hint: 'remove them by name',
  })
}

/** Does what `Images.forget` says. The caller holds the lock of the index. */
export async function forgetUntagged({ index }: ImagePorts, manifests: readonly Digest[]): Promise<void> {
  const entries = await index.read()
  const kept = entries.filter((entry) => isNamed(entry) || !manifests.includes(entry.digest))
  if (kept.length < entries.length) await index.write(kept)
}
