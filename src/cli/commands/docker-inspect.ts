import type { ImageDetails } from '../../index.ts'
import { repositoryAndTag } from '../text/repository.ts'

/** What is known of an image, under the keys of `docker image inspect`. */
export function dockerInspect({ id, names, registryDigests, created, size, manifest, config }: ImageDetails): object {
  return {
    Id: id,
    RepoTags: names.filter((name) => !name.includes('@')),
    RepoDigests: [
      ...new Set(Object.entries(registryDigests).map(([name, digest]) => `${repositoryAndTag(name)[0]}@${digest}`)),
    ],
    Comment: config.history?.at(-1)?.comment ?? '',
    Created: created ?? '',
    Author: config.author ?? '',
    Architecture: config.architecture,
    Variant: config.variant ?? '',
    Os: config.os,
    Size: size,
    Config: config.config ?? {},
    RootFS: { Type: config.rootfs.type, Layers: config.rootfs.diff_ids },
    Descriptor: manifest,
    History: config.history ?? [],
  }
}
