import type { EventSink } from './executor/index.ts'
import type { Descriptor, ManifestForm } from './image/index.ts'
import type { LimitOptions } from './options.ts'

/** Registries, with the logins of docker's and podman's files. */
export interface RegistryOptions {
  readonly registryMirrors?: Readonly<Record<string, string>>
  readonly registryAllow?: readonly string[]
  /** Hosts that may have a certificate of nobody, or speak plain HTTP. */
  readonly insecureRegistries?: readonly string[]
  readonly limits?: LimitOptions
  readonly onEvent?: EventSink
  readonly signal?: AbortSignal
}

/** `tsbuild push`. */
export interface PushOptions extends RegistryOptions {
  /** Whose media types the manifest has; absent: OCI's. */
  readonly form?: ManifestForm
}

export interface PullOptions extends RegistryOptions {
  /** `linux/arm64`; absent: this machine's. */
  readonly platform?: string
}

/** `tsbuild copy`. */
export interface CopyOptions extends RegistryOptions {
  /** Also what refers to what is copied: signatures and other artifacts. From a registry alone. */
  readonly referrers?: boolean
}

/** `tsbuild referrers`. */
export interface ReferrersOptions extends PullOptions {
  readonly artifactType?: string
}

/** What refers to an image: a signature, a list of what is in it, any OCI artifact. */
export interface Referrer extends Descriptor {
  readonly artifactType?: string | undefined
}

/** Something in a registry: `name` is a reference with tag or digest. */
export interface RemoteName {
  readonly name: string
  /** What the name stands for there: an image, or an index. */
  readonly descriptor: Descriptor
  /** It is for another platform than was asked for. */
  readonly warning?: string
}

/** `tsbuild login`. */
export interface LoginOptions extends RegistryOptions {
  readonly username: string
  readonly password: string
}

export interface IndexOptions extends RegistryOptions {
  /** Names of the index, all in one repository or several. */
  readonly names: readonly string[]
  /** References of images or indexes; a digest alone is one of the repository of the first name. */
  readonly sources: readonly string[]
  readonly annotations?: Readonly<Record<string, string>>
  /** Nothing is written; the index is given back all the same. */
  readonly dryRun?: boolean
}

/** An index that was made, or a document that was looked at. */
export interface RemoteDocumentText {
  readonly descriptor: Descriptor
  /** JSON, as it is in the registry. */
  readonly text: string
  /** It is for another platform than was asked for. */
  readonly warning?: string
}

/** `tsbuild logout`. */
export interface LogoutResult {
  /** false: there was nothing to forget. */
  readonly known: boolean
  /** Files that have a login for the registry all the same: those of podman are podman's. */
  readonly stillIn: readonly string[]
}
