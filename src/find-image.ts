import { statSync } from 'node:fs'
import path from 'node:path'
import { type ArchivedImage, type ArchiveSource, openArchivedImage } from './archive/index.ts'
import { readStored } from './bases/index.ts'
import { isSystemError, TsbuildError } from './errors.ts'
import {
  type ImageDocuments,
  type ImageSource,
  type Platform,
  parseImageSource,
  type Reference,
  samePlatform,
} from './image/index.ts'
import type { Limits } from './limits.ts'
import type { Registry } from './registry/index.ts'
import { imageFor, listHint, nearName, noImageFor, noSuchImage, type Store, type StoredImage } from './store/index.ts'

/** What looking for an image asks of the world. */
export interface FindPorts {
  readonly store: Store
  /** Asked when the store does not have the image. */
  readonly registry: () => Promise<Registry>
  /** Which image of several. */
  readonly platform: Platform
  /** The user named the platform: an image of the store for another one is not what is wanted. */
  readonly platformGiven: boolean
  /** What relative paths of archives are relative to. */
  readonly cwd: string
  readonly limits?: Limits
  readonly signal?: AbortSignal
}

/** The documents of an image, and where its layers are. */
export interface FoundImage extends Pick<ImageDocuments, 'manifest' | 'config'> {
  /** Where layers that are not in the store can be had, as `BlobOrigin` has it. */
  readonly location?: string
  /** Of a docker archive: no place can be remembered for its layers, so that they are read from here. */
  readonly archive?: ArchivedImage
}

/**
 * An image by what people write: a name or id of the store, else of its registry; a layout or archive. Manifest and config
 * only: no layer is fetched, and nothing written.
 * @param text `app`, `mysql:8.0`, `docker://app`, an id, `oci-archive:FILE`, `oci-layout://DIR`, `docker-archive:FILE`, `./FILE`, `./DIR`
 * @throws {TsbuildError} TSB_IMAGE_NOT_FOUND, TSB_PLATFORM_NOT_FOUND, TSB_REGISTRY_…, TSB_ARCHIVE_…
 */
export async function findImage(text: string, ports: FindPorts): Promise<FoundImage> {
  if (/^\.{0,2}\//.test(text)) return inFile(text, ports)
  const name = text.replace(/^docker(?:-image)?:\/\//, '')
  const stored = await ports.store.images.find(name)
  return (stored && (await inStore(stored, ports))) ?? elsewhere(name, stored, ports)
}

/** Of an index the image for the platform; where nobody named one, another if there is none for it. */
async function inStore(stored: StoredImage, ports: FindPorts): Promise<FoundImage | undefined> {
  const chosen = imageFor(stored, ports.platform) ?? (ports.platformGiven ? undefined : stored.images?.[0])
  if (!chosen) return undefined
  const image = await readStored(ports.store, chosen.manifest.digest)
  const fits = stored.images || !ports.platformGiven || samePlatform(image.config, ports.platform)
  return fits ? image : undefined
}

async function elsewhere(text: string, stored: StoredImage | undefined, ports: FindPorts): Promise<FoundImage> {
  if (/^(sha256:)?[0-9a-f]{64}$/.test(text)) throw noSuchImage(text, [])
  // These words are names too: `podman:v5` may be one of the store.
  const engine = /^(podman|docker-daemon|containers-storage):(?:\/\/)?(.*)$/s.exec(text)
  if (engine) throw inEngine(text, engine[2] ?? '')
  const source = parseImageSource(text)
  if (source.kind === 'reference') return inRegistry(text, source.reference, stored, ports)
  return inArchive(source, ports)
}

/** A path that nobody could take for a name: what it is shows when it is opened. */
async function inFile(text: string, ports: FindPorts): Promise<FoundImage> {
  if (isDirectory(path.resolve(ports.cwd, text))) return inArchive(archiveSource(`oci-layout:${text}`), ports)
  try {
    return await inArchive(archiveSource(`oci-archive:${text}`), ports)
  } catch (error) {
    if (!(error instanceof TsbuildError && error.code === 'TSB_ARCHIVE_KIND')) throw error
    return inArchive(archiveSource(`docker-archive:${text}`), ports)
  }
}

function isDirectory(place: string): boolean {
  return kindOfSource(place) === 'directory'
}

function isFile(place: string): boolean {
  return kindOfSource(place) === 'file'
}

function kindOfSource(place: string): 'directory' | 'file' | undefined {
  try {
    const found = statSync(place)
    return found.isDirectory() ? 'directory' : found.isFile() ? 'file' : undefined
  } catch (error) {
    // A tag may follow the path: whoever opens it says what is missing.
    if (isSystemError(error, 'ENOENT', 'ENOTDIR', 'EACCES', 'ELOOP', 'ENAMETOOLONG')) return undefined
    throw error
  }
}

function archiveSource(text: string): ArchiveSource {
  return parseImageSource(text) as Exclude<ImageSource, { readonly kind: 'reference' }>
}

async function inArchive(source: ArchiveSource, { store, platform, cwd, limits }: FindPorts): Promise<FoundImage> {
  const place = { ...source, path: path.resolve(cwd, source.path) }
  const archive = await openArchivedImage(place, platform, store.temporary, limits)
  const { manifest, config } = archive
  if (source.kind === 'docker-archive') return { manifest, config, archive }
  return { manifest, config, location: `${place.kind}://${place.path}` }
}

async function inRegistry(
  text: string,
  reference: Reference,
  known: StoredImage | undefined,
  { store, platform, registry, cwd, signal }: FindPorts,
): Promise<FoundImage> {
  try {
    return await (await registry()).resolve(reference, platform, signal)
  } catch (error) {
    if (known?.images && isMissing(error)) throw noImageFor(known, platform, text)
    throw await missingHereToo(
      error,
      text,
      store,
      isFile(path.resolve(cwd, text)) ? `for the file write ./${text}` : undefined,
    )
  }
}

function inEngine(text: string, name: string): TsbuildError {
  const program = text.startsWith('docker') ? 'docker' : 'podman'
  return new TsbuildError('TSB_REFERENCE_FORMAT', `the images of an engine cannot be read: ${text}`, {
    hint: `${program} save ${name} | tsbuild load`,
  })
}

/**
 * What a registry says to who asked it because the store has no such image: that comes first, since most names are meant for the
 * store. Other errors are given back as they are.
 * @param meant what else it may have been, for the hint
 */
export async function missingHereToo(error: unknown, text: string, store: Store, meant?: string): Promise<unknown> {
  if (!isMissing(error)) return error
  const names = (await store.images.list()).flatMap((image) => image.names)
  const elsewhere = error.hint === undefined ? '' : `; for an image of a registry ${error.hint}`
  return new TsbuildError(error.code, `no image ${text} in the store, and ${error.message}`, {
    cause: error,
    hint: meant ?? nearName(text, names) ?? `${listHint}${elsewhere}`,
  })
}

function isMissing(error: unknown): error is TsbuildError {
  return error instanceof TsbuildError && /^TSB_(IMAGE_NOT_FOUND|REGISTRY_)/.test(error.code)
}
