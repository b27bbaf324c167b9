import { type Digest, hexOf, sha256 } from '../digest/index.ts'
import { TsbuildError } from '../errors.ts'
import {
  checkIsImage,
  checkLayoutHeader,
  type Descriptor,
  type DocumentLimits,
  followIndex,
  formatPlatform,
  type Index,
  matchPlatform,
  mediaTypes,
  type Platform,
  parseIndex,
  parseManifestOrIndex,
  type Reference,
  type SomeDocument,
  tryReference,
  withConfig,
} from '../image/index.ts'
import { type ArchivedImage, checked } from './archived-image.ts'
import { damagedHint } from './damaged.ts'
import type { Files } from './files.ts'

/** Which image of several: absent when there is only one. */
export interface Choice {
  readonly tag?: string
  readonly digest?: Digest
}

const refName = 'org.opencontainers.image.ref.name'
const fullName = 'io.containerd.image.name'

/** True when the files are those of an OCI image layout. */
export function isOciLayout(files: Files): Promise<boolean> {
  return files.has('oci-layout')
}

/**
 * The image of a layout that is asked for, for a platform.
 * @throws {TsbuildError} TSB_IMAGE_NOT_FOUND, TSB_IMAGE_AMBIGUOUS, TSB_PLATFORM_NOT_FOUND, TSB_DIGEST_MISMATCH,
 *   TSB_ARCHIVE_REF and those of the documents
 */
export async function ociImage(
  files: Files,
  choice: Choice,
  platform: Platform,
  limits: DocumentLimits,
): Promise<ArchivedImage> {
  const entries = chosen(await entriesOf(files, limits), choice)
  if (entries.length === 0) throw notFound(files, choice)
  const [only, ...others] = [...new Map(entries.map((entry) => [entry.digest, entry])).values()]
  const entry = others.length === 0 ? only : matchPlatform(entries, platform)
  if (entry) return imageAt(files, entry, namesOf(entries, entry.digest), platform, limits)
  throw ambiguous(files, entries, platform)
}

/**
 * All images of a layout, but those for other platforms when there are some for this one. Of an index all images that are
 * there come together.
 */
export async function ociImages(
  files: Files,
  platform: Platform,
  limits: DocumentLimits,
): Promise<readonly ArchivedImage[]> {
  const entries = await entriesOf(files, limits)
  const fitting = entries.filter((entry) => !entry.platform || matchPlatform([entry], platform))
  const unique = new Map((fitting.length > 0 ? fitting : entries).map((entry) => [entry.digest, entry]))
  return Promise.all(
    [...unique.values()].map(async (entry) => {
      const names = namesOf(entries, entry.digest)
      return (await indexAt(files, entry, names, platform, limits)) ?? imageAt(files, entry, names, platform, limits)
    }),
  )
}

/** What an index names, when two or more of its images are here with all their layers. */
async function indexAt(
  files: Files,
  entry: Descriptor,
  names: readonly Reference[],
  platform: Platform,
  limits: DocumentLimits,
): Promise<ArchivedImage | undefined> {
  const bytes = await readDocument(files, entry.digest, limits.manifest)
  const about = { name: `the manifest of ${files.name}`, mediaType: entry.mediaType }
  const found = await parseManifestOrIndex(bytes, about, limits)
  if (found.kind === 'manifest') return undefined
  const here = await imagesHere(files, found.index, limits)
  const chosen = matchPlatform([...here.keys()], platform) ?? [...here.keys()][0]
  const image = chosen && here.get(chosen)
  if (here.size < 2 || !image) return undefined
  const others = [...here.values()].filter((other) => other !== image)
  const descriptor = { mediaType: found.index.mediaType ?? mediaTypes.index, digest: entry.digest, size: bytes.length }
  const { annotations } = entry
  return {
    ...image,
    names,
    index: { descriptor: { ...descriptor, ...(annotations && { annotations }) }, bytes },
    others,
  }
}

async function imagesHere(
  files: Files,
  { manifests }: Index,
  limits: DocumentLimits,
): Promise<ReadonlyMap<Descriptor, ArchivedImage>> {
  const here = new Map<Descriptor, ArchivedImage>()
  const candidates = new Map(manifests.map((manifest) => [manifest.digest, manifest]))
  for (const manifest of candidates.values()) {
    const { mediaType, digest, platform } = manifest
    if (!manifestTypes.includes(mediaType) || !platform || platform.os === 'unknown') continue
    if (!(await files.has(blobName(digest)))) continue
    const image = await imageAt(files, manifest, [], platform, limits)
    const layers = await Promise.all(image.manifest.layers.map((layer) => files.has(blobName(layer.digest))))
    if (layers.every(Boolean)) here.set(manifest, image)
  }
  return here
}

const manifestTypes: readonly string[] = [mediaTypes.manifest, mediaTypes.dockerManifest]

/**
 * What a layout has under a name, whatever it is: a manifest, or an index of many.
 * @throws {TsbuildError} TSB_IMAGE_NOT_FOUND, TSB_IMAGE_AMBIGUOUS and those of the documents
 */
export async function ociEntry(files: Files, choice: Choice, limits: DocumentLimits): Promise<Descriptor> {
  const entries = chosen(await entriesOf(files, limits), choice)
  const [only, ...others] = [...new Map(entries.map((entry) => [entry.digest, entry])).values()]
  if (!only) throw notFound(files, choice)
  if (others.length > 0) throw severalOf(files, entries, 'it has several images')
  return only
}

/** A document of a layout, checked against its digest. */
export function ociDocument(files: Files, digest: Digest, limits: DocumentLimits): Promise<Uint8Array> {
  return readDocument(files, digest, limits.manifest)
}

/** A blob, checked while it passes. */
export function ociBlob(files: Files, descriptor: Descriptor): AsyncIterable<Uint8Array> {
  return checked(files.stream(blobName(descriptor.digest)), descriptor, files.name)
}

async function entriesOf(files: Files, limits: DocumentLimits): Promise<readonly Descriptor[]> {
  await checkLayoutHeader(await files.read('oci-layout', limits.manifest), `oci-layout of ${files.name}`)
  const bytes = await files.read('index.json', limits.manifest)
  return (await parseIndex(bytes, `index.json of ${files.name}`, limits)).manifests
}

async function imageAt(
  files: Files,
  entry: Descriptor,
  names: readonly Reference[],
  platform: Platform,
  limits: DocumentLimits,
): Promise<ArchivedImage> {
  const read = async (digest: Digest): Promise<SomeDocument> => ({
    bytes: await readDocument(files, digest, limits.manifest),
  })
  const start = { ...(await read(entry.digest)), mediaType: entry.mediaType }
  const document = await followIndex(start, platform, files.name, read, limits)
  checkIsImage(document.manifest, files.name)
  const config = await readDocument(files, document.manifest.config.digest, limits.config)
  const layer = (descriptor: Descriptor) => checked(files.stream(blobName(descriptor.digest)), descriptor, files.name)
  return { ...(await withConfig(document, config, files.name, limits)), names, layer }
}

async function readDocument(files: Files, digest: Digest, limit: number): Promise<Uint8Array> {
  const bytes = await files.read(blobName(digest), limit)
  if (sha256(bytes) === digest) return bytes
  throw new TsbuildError(
    'TSB_DIGEST_MISMATCH',
    `blob ${digest} of ${files.name} has other bytes than its digest says`,
    {
      hint: damagedHint,
    },
  )
}

function blobName(digest: Digest): string {
  return `blobs/sha256/${hexOf(digest)}`
}

function chosen(entries: readonly Descriptor[], { tag, digest }: Choice): readonly Descriptor[] {
  return entries.filter(
    (entry) =>
      (digest === undefined || entry.digest === digest) && (tag === undefined || labelsOf(entry).includes(tag)),
  )
}

/** What an entry may be asked for by: its reference name, in full or the tag of it. */
function labelsOf({ annotations }: Descriptor): readonly string[] {
  return [annotations?.[refName], annotations?.[fullName]].flatMap((text) =>
    text === undefined ? [] : [text, text.slice(text.lastIndexOf(':') + 1)],
  )
}

/** A reference name without `:` or `/` is a tag, as the specification has it, and no name of an image. */
function namesOf(entries: readonly Descriptor[], digest: Digest): readonly Reference[] {
  const texts = entries
    .filter((entry) => entry.digest === digest)
    .map(({ annotations }) => annotations?.[fullName] ?? annotations?.[refName] ?? '')
  return [...new Set(texts)].filter((text) => /[:/]/.test(text)).flatMap((text) => tryReference(text) ?? [])
}

function notFound(files: Files, { tag, digest }: Choice): TsbuildError {
  const what = digest ?? (tag === undefined ? 'an image' : JSON.stringify(tag))
  return new TsbuildError('TSB_IMAGE_NOT_FOUND', `${files.name} does not have ${what}`)
}

function ambiguous(files: Files, entries: readonly Descriptor[], platform: Platform): TsbuildError {
  return severalOf(files, entries, `it has several images, and none is the one for ${formatPlatform(platform)}`)
}

function severalOf(files: Files, entries: readonly Descriptor[], what: string): TsbuildError {
  const labels = [...new Set(entries.map((entry) => entry.annotations?.[refName] ?? entry.digest))].sort()
  return new TsbuildError('TSB_IMAGE_AMBIGUOUS', what.replace(/^it/, files.name), {
    hint: `add :TAG or @DIGEST: ${labels.join(', ')}`,
  })
}
