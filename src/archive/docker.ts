import { sha256, sha256Hasher } from '../digest/index.ts'
import { TsbuildError } from '../errors.ts'
import {
  type Descriptor,
  type DocumentLimits,
  manifestOf,
  mediaTypes,
  parseJson,
  parseManifest,
  tryReference,
  withConfig,
} from '../image/index.ts'
import { sniffCompression } from '../tree/index.ts'
import { type ArchivedImage, checked } from './archived-image.ts'
import type { Files } from './files.ts'
import type { Choice } from './oci.ts'

/** An entry of `manifest.json`: names of files of the archive. */
interface DockerEntry {
  readonly Config: string
  readonly RepoTags: readonly string[]
  readonly Layers: readonly string[]
}

/** True when the files are those of `docker save`. */
export function isDockerArchive(files: Files): Promise<boolean> {
  return files.has('manifest.json')
}

/**
 * The image of a `docker save` archive that is asked for. Its layers are read once, since nothing in it names them by
 * digest.
 * @throws {TsbuildError} TSB_IMAGE_NOT_FOUND, TSB_IMAGE_AMBIGUOUS, TSB_ARCHIVE_REF and those of the documents
 */
export async function dockerImage(files: Files, { tag }: Choice, limits: DocumentLimits): Promise<ArchivedImage> {
  const entries = (await entriesOf(files, limits)).filter((entry) => tag === undefined || isTagged(entry, tag))
  const [entry, ...others] = entries
  if (!entry) throw new TsbuildError('TSB_IMAGE_NOT_FOUND', `${files.name} does not have ${tag ?? 'an image'}`)
  if (others.length === 0) return imageOf(files, entry, limits)
  throw new TsbuildError('TSB_IMAGE_AMBIGUOUS', `${files.name} has several images`, {
    hint: `add :TAG: ${entries.flatMap(({ RepoTags }) => RepoTags).join(', ')}`,
  })
}

/** All images of a `docker save` archive. */
export async function dockerImages(files: Files, limits: DocumentLimits): Promise<readonly ArchivedImage[]> {
  const images: ArchivedImage[] = []
  for (const entry of await entriesOf(files, limits)) images.push(await imageOf(files, entry, limits))
  return images
}

async function entriesOf(files: Files, { manifest: limit, depth }: DocumentLimits): Promise<readonly DockerEntry[]> {
  const name = `manifest.json of ${files.name}`
  const value = parseJson(await files.read('manifest.json', limit), name, limit, depth)
  const { dockerManifestSchema } = await import('./docker-schema.ts')
  const parsed = dockerManifestSchema.safeParse(value)
  if (!parsed.success) throw new TsbuildError('TSB_DOCUMENT_FORMAT', `${name} is not valid`)
  return parsed.data.map(({ Config, RepoTags, Layers }) => ({ Config, RepoTags: RepoTags ?? [], Layers: Layers ?? [] }))
}

async function imageOf(
  files: Files,
  { Config, RepoTags, Layers }: DockerEntry,
  limits: DocumentLimits,
): Promise<ArchivedImage> {
  const configBytes = await files.read(Config, limits.config)
  const places = new Map<string, string>()
  const layers: Descriptor[] = []
  for (const name of Layers) {
    const descriptor = await describe(files, name)
    places.set(descriptor.digest, name)
    layers.push(descriptor)
  }
  const { descriptor, bytes } = manifestOf({ id: sha256(configBytes), configBytes }, layers)
  const document = { descriptor, manifest: await parseManifest(bytes, files.name, limits), manifestBytes: bytes }
  return {
    ...(await withConfig(document, configBytes, files.name, limits)),
    names: RepoTags.flatMap((tag) => tryReference(tag) ?? []),
    layer: (wanted) => checked(files.stream(places.get(wanted.digest) ?? wanted.digest), wanted, files.name),
  }
}

async function describe(files: Files, name: string): Promise<Descriptor> {
  const hasher = sha256Hasher()
  let size = 0
  let mediaType: string | undefined
  for await (const chunk of files.stream(name)) {
    mediaType ??= layerType(chunk, `${name} of ${files.name}`)
    hasher.update(chunk)
    size += chunk.length
  }
  return { mediaType: mediaType ?? mediaTypes.layerTar, digest: hasher.digest(), size }
}

function layerType(start: Uint8Array, name: string): string {
  const compression = sniffCompression(start)
  if (compression === 'none') return mediaTypes.layerTar
  if (compression === 'gzip') return mediaTypes.layerGzip
  if (compression === 'zstd') return mediaTypes.layerZstd
  throw new TsbuildError('TSB_MEDIA_TYPE', `layer ${name} is compressed with ${compression}, which no image may be`)
}

function isTagged({ RepoTags }: DockerEntry, wanted: string): boolean {
  return RepoTags.some((tag) => tag === wanted || tag.endsWith(`:${wanted}`))
}
