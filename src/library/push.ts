import { rm } from 'node:fs/promises'
import { isObjectLocation } from '../cache-options.ts'
import type { Digest } from '../digest/index.ts'
import { TsbuildError } from '../errors.ts'
import { isPacked, type LayerCompression, packLayer } from '../export/index.ts'
import {
  type Descriptor,
  type Image,
  type ImageOrSet,
  imagesOf,
  indexOf,
  isImageSet,
  type Layer,
  type ManifestForm,
  manifestOf,
  mediaTypes,
  parseReference,
  type Reference,
  toOci,
} from '../image/index.ts'
import { allOrNone, type Blob, type Document, uploadTo } from '../transfer/index.ts'
import { fileBytes } from '../tree/index.ts'
import { openTurns } from '../turns.ts'
import { exportPorts } from './outputs.ts'
import type { Report } from './progress.ts'
import { isHostAlone } from './registry-name.ts'
import type { Session } from './session.ts'

/** Where an image is pushed, and by which tag; without one it is reached by its digest alone. */
export interface PushTarget {
  readonly reference: Reference
  readonly tag: string | undefined
}

/** What a registry has after a push. */
export interface Pushed {
  /** Of the image, or of the index. */
  readonly descriptor: Descriptor
  /** Of the images, in their order. */
  readonly manifests: readonly Descriptor[]
}

/**
 * Pushes an image, or several with their index, compressed as `-o type=oci` writes it. Layers that are still in a registry are never kept here: the same
 * registry has them already or takes them from the other repository, another one gets them as they come.
 * @throws {TsbuildError} TSB_PUSH_FAILED, whose cause says more
 */
export async function pushImage(
  image: ImageOrSet,
  targets: readonly PushTarget[],
  session: Session,
  report: Report | undefined,
  signal: AbortSignal | undefined,
  form: ManifestForm = 'oci',
): Promise<Pushed> {
  const folder = await session.store.temporary('push')
  const packing = openTurns(1)
  const packed = new Map<Layer, Promise<Blob>>()
  // Once something fails, all of it does: what stops one target stops the packing that others would share.
  const blobOf = (layer: Layer, stop: AbortSignal) => {
    const pack = async () => {
      stop.throwIfAborted()
      return leaving(layer, folder, session, report, stop)
    }
    const blob = packed.get(layer) ?? packing(pack)
    packed.set(layer, blob)
    return blob
  }
  try {
    let pushed: Pushed | undefined
    for (const target of targets) {
      pushed = await pushing(target.reference.familiar, () =>
        pushTo(image, target, form, blobOf, session, report, signal),
      )
    }
    if (!pushed) throw new Error('an image is pushed to nowhere')
    return pushed
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/**
 * Where a build or a command wants an image to go.
 * @throws {TsbuildError} TSB_PUSH_NAME for no name at all, one with a digest, which nobody chooses, or one with a tag that is to be
 *   pushed by digest
 */
export function pushTargets(names: readonly string[], byDigest = false): readonly PushTarget[] {
  if (names.length === 0) {
    throw new TsbuildError('TSB_PUSH_NAME', 'an image without a name cannot be pushed', {
      hint: 'name it: -t registry.example.com/team/app:1',
    })
  }
  return names.map((name) => {
    const reference = parseReference(name)
    if (isHostAlone(name)) {
      throw new TsbuildError('TSB_PUSH_NAME', `${name} is a registry without a repository`, {
        hint: `write ${name}/NAME:TAG`,
      })
    }
    if (byDigest && reference.tag !== undefined) throw taggedByDigest(reference)
    if (reference.digest === undefined) return { reference, tag: byDigest ? undefined : (reference.tag ?? 'latest') }
    throw new TsbuildError('TSB_PUSH_NAME', `${name} has a digest, and what is pushed has its own`, {
      hint: `push it to ${reference.domain}/${reference.path}:TAG`,
    })
  })
}

/** As BuildKit says it. */
function taggedByDigest({ domain, path, tag, normal }: Reference): TsbuildError {
  return new TsbuildError('TSB_PUSH_NAME', `can't push tagged ref ${normal} by digest`, {
    hint: `leave push-by-digest out, or write name=${domain}/${path}: tsbuild index create -t ${domain}/${path}:${tag} DIGEST gives the tag later`,
  })
}

/** What fails while something is pushed is a failure of that, with a status of its own; a cache that is required is not. */
export async function pushing<T>(name: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof TsbuildError) || error.code === 'TSB_CACHE_IMPORT') throw error
    const { message, hint } = error
    throw new TsbuildError('TSB_PUSH_FAILED', `cannot push ${name}: ${message}`, { hint, cause: error })
  }
}

/** Images come before the index that names them, each without a tag. */
async function pushTo(
  image: ImageOrSet,
  { reference: { domain, path }, tag }: PushTarget,
  form: ManifestForm,
  blobOf: (layer: Layer, stop: AbortSignal) => Promise<Blob>,
  session: Session,
  report: Report | undefined,
  signal: AbortSignal | undefined,
): Promise<Pushed> {
  const registry = await session.registry()
  const location = `${domain}/${path}`
  const sent = new Map<Digest, Promise<void>>()
  const send = (blob: Blob, stop: AbortSignal) => {
    const sending = sent.get(blob.descriptor.digest) ?? uploadTo(registry, location, blob, report, stop)
    sent.set(blob.descriptor.digest, sending)
    return sending
  }
  const put = async ({ descriptor, bytes }: Document, kind: 'manifest' | 'index', name: string | undefined) => {
    const label = `pushing ${kind} for ${location}${name === undefined ? '' : `:${name}`}@${descriptor.digest}`
    signal?.throwIfAborted()
    await registry.put(location, { mediaType: descriptor.mediaType, bytes }, name, signal)
    report?.(label, bytes.length, bytes.length, true)
    return descriptor
  }
  const manifests: Descriptor[] = []
  for (const each of imagesOf(image)) {
    const manifest = manifestOf(each, await sendBlobs(each, blobOf, send, signal), form)
    manifests.push(await put(manifest, 'manifest', isImageSet(image) ? undefined : tag))
  }
  const [only] = manifests
  if (!only) throw new Error('an index without images')
  const descriptor = isImageSet(image) ? await put(indexOf(image, manifests, form), 'index', tag) : only
  return { descriptor, manifests }
}

/** @returns what its layers are there, lowest first */
async function sendBlobs(
  image: Image,
  blobOf: (layer: Layer, stop: AbortSignal) => Promise<Blob>,
  send: (blob: Blob, signal: AbortSignal) => Promise<void>,
  signal: AbortSignal | undefined,
): Promise<readonly Descriptor[]> {
  const config = {
    descriptor: { mediaType: mediaTypes.config, digest: image.id, size: image.configBytes.length },
    open: () => inOne(image.configBytes),
  }
  const layers = image.layers.map((layer) => (stop: AbortSignal) => blobOf(layer, stop))
  const parts = [...layers, async () => config]
  const blobs = await allOrNone(parts, signal, async (part, stop) => {
    const blob = await part(stop)
    await send(blob, stop)
    return blob.descriptor
  })
  return blobs.slice(0, -1)
}

/** A layer as it leaves. One that leaves as it is and is still in a registry, or a shared cache, is passed on from there. */
export async function leaving(
  layer: Layer,
  folder: string,
  session: Session,
  report: Report | undefined,
  signal: AbortSignal | undefined,
  compression: LayerCompression = 'gzip',
): Promise<Blob> {
  const { blobs } = session.store
  const descriptor = toOci(await layer.descriptor())
  const origin = await blobs.origin(descriptor.digest)
  const location = origin && !origin.location.includes('://') ? origin.location : undefined
  const isHere = await blobs.has(descriptor.digest, descriptor.size)
  if (origin && isObjectLocation(origin.location) && !isHere && isPacked(descriptor, compression)) {
    const objects = await session.objects()
    const open = () => passedOn(objects.blob(origin.location, descriptor, signal), descriptor, session)
    return { descriptor, open }
  }
  if (location !== undefined && !isHere && isPacked(descriptor, compression)) {
    const registry = await session.registry()
    const open = () => passedOn(registry.blob(location, descriptor, signal), descriptor, session)
    return { descriptor, location, open }
  }
  const blob = await packLayer(layer, compression, folder, exportPorts(session, signal, report), 'late')
  async function* open() {
    await blob.whole()
    yield* fileBytes(blob.file)
  }
  return { descriptor: blob.descriptor, location, open, ready: blob.whole }
}

async function* passedOn(bytes: AsyncIterable<Uint8Array>, { digest }: Descriptor, { lost }: Session) {
  const pieces = bytes[Symbol.asyncIterator]()
  try {
    for (let ended = false; !ended; ) {
      const next = await pieces.next().catch((error: unknown) => {
        lost?.(digest, error)
        throw error
      })
      ended = next.done === true
      if (!next.done) yield next.value
    }
  } finally {
    await pieces.return?.()
  }
}

async function* inOne(bytes: Uint8Array): AsyncIterable<Uint8Array> {
  yield bytes
}
