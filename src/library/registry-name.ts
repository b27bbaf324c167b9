import { OptionError } from '../errors.ts'

/** Where skopeo has images and tsbuild does not, and what looks like it. `dir:5000/app` is on a host. */
const foreignTransport = /^(?:atomic|containers-storage|dir|docker-daemon|file|ostree|sif|tarball):(?!\d+\/)/i

/** Where `tsbuild copy` has images beside registries. */
const ownTransport = /^(?:oci|oci-layout|oci-archive|docker-archive):(?!\d+\/)/i

/** A tag behind it is one of an archive. */
const archiveFile = /\.(?:tar(?:\.[a-z\d]+)?|tgz|tbz2?|txz|tzst)(?::[\w.-]+)?$/i

/**
 * The name of an image of a registry, where nothing else can stand: `node:22`, and `docker://NAME` for whatever looks otherwise. A
 * place that tsbuild does not know would be a name of docker.io: an image would leave the house, or a stranger's come in.
 * @throws {OptionError} TSB_REGISTRY_NAME
 */
export function registryName(text: string): string {
  if (!isForeign(text) && !ownTransport.test(text)) return withoutDocker(text)
  throw new OptionError('TSB_REGISTRY_NAME', `${text} is a place, and the name of an image of a registry is wanted`, {
    hint: `tsbuild copy reads and writes oci:DIR and oci-archive:FILE, tsbuild load and save files of the store; docker://${text} is that name in a registry`,
  })
}

/** `docker://` says that what follows is a name, whatever it looks like. */
export function withoutDocker(text: string): string {
  return text.replace(/^(?:docker:\/\/|docker-image:(?:\/\/)?)/, '')
}

/** Whether a text that would do as a name of docker.io is meant as a place that tsbuild does not know. */
export function isForeign(text: string): boolean {
  if (withoutDocker(text) !== text) return false
  return foreignTransport.test(text) || (archiveFile.test(text) && !ownTransport.test(text))
}

/** Whether a text that names no transport is a file. */
export function isArchiveFile(text: string): boolean {
  return archiveFile.test(text) && !foreignTransport.test(text)
}

/** A host that would do as a name of docker.io: `127.0.0.1:5000`. */
export function isHostAlone(name: string): boolean {
  return /^(localhost|\d+(\.\d+){3})(:\d+)?$/.test(name)
}
