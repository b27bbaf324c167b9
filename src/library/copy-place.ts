import path from 'node:path'
import { OptionError, TsbuildError } from '../errors.ts'
import { type ImageSource, parseImageSource, tryReference } from '../image/index.ts'
import type { Environment } from '../options.ts'
import { layoutSource, layoutTarget, registrySource, registryTarget } from '../transfer/index.ts'
import { isArchiveFile, isForeign } from './registry-name.ts'
import type { Session } from './session.ts'

/**
 * As skopeo has it too: `docker://REF`, `oci:DIR`. What tsbuild does not know would be a name of docker.io.
 * @throws {OptionError} TSB_COPY_PLACE
 */
export function placeOf(text: string, end: 'from' | 'to'): ImageSource {
  if (isForeign(text)) {
    const file = isArchiveFile(text) ? `oci-archive:${text} is a file, docker://${text} a name of a registry; ` : ''
    throw noPlace(text, end, `${file}places are docker://NAME, oci:DIR[:TAG] and oci-archive:FILE[:TAG]`)
  }
  if (/^\.{0,2}\//.test(text)) throw noPlace(text, end, `oci:${text} is a layout there, oci-archive:${text} a file`)
  const place = parseImageSource(text.replace(/^docker:\/\//, 'docker-image://').replace(/^oci:/, 'oci-layout:'))
  if (place.kind !== 'docker-archive') return place
  const from = 'a docker archive has no digests: tsbuild load -i FILE, then tsbuild push NAME'
  const to = 'tsbuild save --format docker -o FILE NAME writes one, of an image of the store: tsbuild pull NAME before'
  throw noPlace(text, end, { from, to }[end])
}

function noPlace(text: string, end: 'from' | 'to', hint: string): OptionError {
  return new OptionError('TSB_COPY_PLACE', `${text} is no place to copy ${end}`, { hint })
}

export async function openSource(place: ImageSource, session: Session, { cwd }: Environment, signal?: AbortSignal) {
  if (place.kind === 'reference') return registrySource(await session.registry(), place.reference, signal)
  return layoutSource({ ...place, path: path.resolve(cwd, place.path) }, session.store.temporary, session.limits)
}

export async function openTarget(place: ImageSource, session: Session, { cwd }: Environment, signal?: AbortSignal) {
  if (place.kind === 'reference') {
    const { reference } = place
    const location = `${reference.domain}/${reference.path}`
    return registryTarget(await session.registry(), location, [reference.tag ?? 'latest'])
  }
  if (place.kind === 'docker-archive') throw new Error('refused before')
  const names: Readonly<Record<string, string>> =
    place.tag === undefined ? {} : { 'org.opencontainers.image.ref.name': place.tag }
  return layoutTarget(place.kind, path.resolve(cwd, place.path), names, session.store.temporary, signal)
}

export function noReferrers(from: string): TsbuildError {
  return new TsbuildError('TSB_COPY_PLACE', `${from} does not list what refers to its images`, {
    hint: '--referrers is for copies from a registry',
  })
}

/** A name without a host is one of docker.io; whoever means an image of the store is told so when that has none. */
export async function orStored<T>(name: string, { store }: Session, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    const missed = ['TSB_REGISTRY_UNREACHABLE', 'TSB_IMAGE_NOT_FOUND', 'TSB_REGISTRY_DENIED']
    if (!(error instanceof TsbuildError) || !missed.includes(error.code) || name.startsWith('docker.io/')) throw error
    const reference = tryReference(name)
    if (reference?.domain !== 'docker.io' || !(await store.images.find(name))) throw error
    throw new TsbuildError(error.code, error.message, {
      hint: `${name} of the store is not meant by this: tsbuild push ${name} HOST/NAME:TAG sends that`,
      cause: error,
    })
  }
}
