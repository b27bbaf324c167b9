import { parseReference } from '../image/index.ts'
import { damagedNames, findImage, type ImagePorts, listImages } from './find-image.ts'
import { nameImage, notePublished } from './name-image.ts'
import { openImage, writeDocuments } from './open-image.ts'
import { forgetUntagged, removeImage } from './remove-image.ts'
import type { Images } from './store.ts'

/** The images that people named: the entries of the index, and the documents behind them. */
export function openImages(ports: ImagePorts): Images {
  return {
    list: () => listImages(ports),
    damaged: () => damagedNames(ports),
    find: (name) => findImage(ports, name),
    async save(image, names) {
      const references = names.map((name) => parseReference(name))
      const manifest = await writeDocuments(ports.blobs, image)
      await nameImage(ports, manifest, references)
      return manifest
    },
    open: (manifest, layer) => openImage(ports.blobs, manifest, layer),
    tag: (manifest, ...names) =>
      nameImage(
        ports,
        manifest,
        names.map((name) => parseReference(name)),
      ),
    tagPulled: (manifest, name, remote) => nameImage(ports, manifest, [parseReference(name)], remote),
    published: (manifest, names, remote) =>
      notePublished(
        ports,
        manifest,
        names.map((name) => parseReference(name)),
        remote,
      ),
    async remove(name) {
      const { lines, freed } = await ports.locked('index', () => removeImage(ports, name))
      await ports.deleteUnused(freed)
      return lines
    },
    held: async () => (await import('./held-images.ts')).heldImages(ports.blobs, ports.index),
    forget: (manifests) => ports.locked('index', () => forgetUntagged(ports, manifests)),
  }
}
