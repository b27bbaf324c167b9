import { sha256 } from '../digest/index.ts'
import { TsbuildError } from '../errors.ts'
import { type Descriptor, mediaTypes } from './descriptor.ts'
import type { Image } from './image.ts'

/** Whose media types a manifest has. */
export type ManifestForm = 'oci' | 'docker'

/** The OCI names of what Docker's media types name. */
const ociTypes: ReadonlyMap<string, string> = new Map([
  [mediaTypes.dockerConfig, mediaTypes.config],
  [mediaTypes.dockerLayerGzip, mediaTypes.layerGzip],
  ['application/vnd.docker.image.rootfs.diff.tar', mediaTypes.layerTar],
  ['application/vnd.docker.image.rootfs.diff.tar.zstd', mediaTypes.layerZstd],
])

/** Docker's names of what OCI's media types name. Its schema 2 knows no zstd. */
const dockerTypes: ReadonlyMap<string, string> = new Map([
  [mediaTypes.layerGzip, mediaTypes.dockerLayerGzip],
  [mediaTypes.layerTar, 'application/vnd.docker.image.rootfs.diff.tar'],
])

/** A descriptor as an OCI manifest may hold it: the same bytes under OCI's name. */
export function toOci(descriptor: Descriptor): Descriptor {
  const { mediaType, digest, size, annotations } = descriptor
  return { mediaType: ociTypes.get(mediaType) ?? mediaType, digest, size, ...(annotations && { annotations }) }
}

/**
 * The manifest of an image whose layers are kept or sent as these blobs, lowest first.
 * @param form OCI's, or that of Docker's schema 2, which older registries and engines want
 * @throws {TsbuildError} TSB_DOCKER_FORM for what schema 2 cannot say
 * @returns its descriptor and its bytes; the same image and blobs give the same
 */
export function manifestOf(
  { id, configBytes, annotations }: Pick<Image, 'id' | 'configBytes' | 'annotations'>,
  layers: readonly Descriptor[],
  form: ManifestForm = 'oci',
): { readonly descriptor: Descriptor; readonly bytes: Uint8Array } {
  const isDocker = form === 'docker'
  if (isDocker) checkDockerForm('manifest', annotations?.manifest)
  const mediaType = isDocker ? mediaTypes.dockerManifest : mediaTypes.manifest
  const configType = isDocker ? mediaTypes.dockerConfig : mediaTypes.config
  const manifest = {
    schemaVersion: 2,
    mediaType,
    config: { mediaType: configType, digest: id, size: configBytes.length },
    layers: layers.map(isDocker ? toDocker : toOci),
    ...unlessEmpty(annotations?.manifest),
  }
  const bytes = new TextEncoder().encode(JSON.stringify(manifest))
  const named = { mediaType, digest: sha256(bytes), size: bytes.length }
  return { descriptor: { ...named, ...unlessEmpty(annotations?.descriptor) }, bytes }
}

/** @throws {TsbuildError} TSB_DOCKER_FORM for annotations */
export function checkDockerForm(
  what: 'manifest' | 'manifest list',
  annotations: Readonly<Record<string, string>> = {},
) {
  if (Object.keys(annotations).length === 0) return
  throw new TsbuildError('TSB_DOCKER_FORM', `a ${what} of Docker's schema 2 has no annotations`, {
    hint: "leave the annotations out, or Docker's media types",
  })
}

function toDocker(layer: Descriptor): Descriptor {
  const { digest, size } = layer
  const { mediaType } = toOci(layer)
  const own = dockerTypes.get(mediaType)
  if (own !== undefined) return { mediaType: own, digest, size }
  throw new TsbuildError('TSB_DOCKER_FORM', `layer ${digest} is ${mediaType}, which Docker's schema 2 does not know`, {
    hint: "push it as an OCI image: leave Docker's media types out",
  })
}

/** The member `annotations`, unless there is nothing to say. */
export function unlessEmpty(annotations: Readonly<Record<string, string>> = {}) {
  return Object.keys(annotations).length > 0 && { annotations }
}
