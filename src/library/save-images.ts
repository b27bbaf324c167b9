import { exportDocker, exportOci } from '../export/index.ts'
import { type Image, machinePlatform, type Platform, parseReference } from '../image/index.ts'
import type { ArchiveOptions } from '../image-options.ts'
import type { Environment } from '../options.ts'
import { imageFor, noImageFor, type StoredImage } from '../store/index.ts'
import { findStored, isNamed, openStored } from './find-stored.ts'
import { destinationOf, exportPorts } from './outputs.ts'
import { platformOf } from './platform.ts'
import type { Session } from './session.ts'

/** Writes images of the store to one archive. @throws {TsbuildError} TSB_PLATFORM_NOT_FOUND and those of exports */
export async function saveImages(
  names: readonly string[],
  { format, dest, platform: asked }: ArchiveOptions,
  session: Session,
  environment: Environment,
  signal: AbortSignal,
): Promise<void> {
  const machine = machinePlatform(environment.arch)
  const platform = platformOf(asked, machine)
  const found = await Promise.all(names.map(async (name) => ({ name, stored: await findStored(name, session) })))
  const named = ({ name, stored }: (typeof found)[number]) => (isNamed(stored, name) ? [parseReference(name)] : [])
  const [to, ports] = [destinationOf(dest, environment), exportPorts(session, signal)]
  if (format === 'oci' && asked === undefined) {
    const open = async (each: (typeof found)[number]) => ({
      image: await openStored(each.stored, session),
      names: named(each),
    })
    return exportOci(await Promise.all(found.map(open)), to, ports)
  }
  const images = await Promise.all(
    found.map(async (each) => ({
      image: await openFor(each.stored, platform, each.name, session),
      names: named(each),
    })),
  )
  return format === 'docker' ? exportDocker(images, to, ports) : exportOci(images, to, ports)
}

async function openFor(
  stored: StoredImage,
  platform: Platform,
  name: string,
  { store, cache }: Session,
): Promise<Image> {
  const chosen = imageFor(stored, platform)
  if (!chosen) throw noImageFor(stored, platform, name)
  return store.images.open(chosen.manifest, cache.layers.fromDescriptor)
}
