import type { TsbuildError } from '../errors.ts'
import type { GitOp, HttpOp, Node, PinnedImage } from '../graph/index.ts'
import type { ImageConfig, Platform } from '../image/index.ts'
import type { SourceRange } from '../source.ts'
import type { Finding } from './checks/checks.ts'
import type { WordLimits } from './words/index.ts'

/** What the command line says about what to build. */
export interface PlanRequest {
  /** `--target`: a name; absent for the last stage. */
  readonly target?: string
  /** `--build-arg`, in the order given. */
  readonly buildArgs: ReadonlyMap<string, string>
  /** The platform that the image is for. */
  readonly platform: Platform
  /** Nobody asked for the platform: it is this machine's, and an image that is built on another one's keeps that. */
  readonly implicitPlatform?: true
  /** It is one of several platforms of a build: progress says of each step which one it is for. */
  readonly severalPlatforms?: true
  /** The platform that this machine runs. */
  readonly buildPlatform: Platform
  /** `--label`: they win over the file's. */
  readonly labels: ReadonlyMap<string, string>
  /** What the image is not to have, whatever the base and the file say; steps are as they would be. */
  readonly unset?: UnsetSettings
  /** `--build-context NAME=…`, by name; a name may be for one platform, `NAME::linux/arm64`. */
  readonly namedContexts: ReadonlyMap<string, NamedContext>
  /** `true` for `--no-cache`, else the stage names of `--no-cache-filter`. */
  readonly noCache: boolean | readonly string[]
  /** `--network` for RUNs that do not say. */
  readonly network: 'default' | 'none' | 'host'
  /** `--allow`: `network.host`, `security.insecure`. */
  readonly allow: ReadonlySet<string>
  readonly shmSize?: number
  readonly ulimits?: readonly { readonly name: string; readonly soft: number; readonly hard: number }[]
  /** `--add-host` names; the addresses are the executor's. */
  readonly hostNames?: readonly string[]
  readonly cgroupParent?: string
  /** As in `RunLimits`. */
  readonly seccomp?: string
  /** What a Dockerfile and its values may come to; absent: the default limits. */
  readonly limits?: WordLimits
  /** What smelled before there was a Dockerfile to look at. */
  readonly findings?: readonly Finding[]
  /**
   * The patterns of the main context's ignore file, in normal form: for a warning alone, and asked for only when something
   * of that context is copied.
   */
  readonly ignorePatterns?: () => Promise<readonly string[]>
}

/** Settings of the image by their names: `PATH`, `maintainer`, `/data`, `80/tcp`. */
export interface UnsetSettings {
  readonly variables?: readonly string[]
  readonly labels?: readonly string[]
  readonly volumes?: readonly string[]
  readonly ports?: readonly string[]
  readonly healthcheck?: boolean
}

/**
 * A named context is a local directory, an image by reference (`docker-image://`, `oci-layout://`), or the files of a git
 * repository or a URL, shown without a login.
 */
export type NamedContext =
  | { readonly kind: 'local' }
  | { readonly kind: 'image'; readonly reference: string }
  | { readonly kind: 'git' | 'http'; readonly shown: string }

/** An image that exists already: what a plan has to know of it. */
export interface BaseImage {
  readonly image: PinnedImage
  readonly platform: Platform
  readonly config: ImageConfig
  /** It stands in for an image that could not be had: its variables are not known. */
  readonly unknown?: true
}

/** What planning asks about images. */
export interface BaseImages {
  /**
   * Manifest and config of an image for a platform; no layer is read.
   * @param reference as in the Dockerfile: `node:22`, `oci-layout://DIR:TAG`, `oci-archive:FILE`
   * @throws {TsbuildError} TSB_IMAGE_NOT_FOUND, TSB_PLATFORM_NOT_FOUND, TSB_REGISTRY_…
   */
  resolve(reference: string, platform: Platform, at?: SourceRange): Promise<BaseImage>
  /** What to go on with in place of an image that cannot be had. Absent, or undefined: the error ends planning. */
  standIn?(error: TsbuildError, reference: string, platform: Platform): BaseImage | undefined
}

/** What planning asks about time, and only for SOURCE_DATE_EPOCH: seconds since 1970; undefined for what has no time. */
export interface SourceTimes {
  /** Of `context`, or of a named one: a commit, `Last-Modified` of a URL, else the newest file of an archive. */
  context(name: string): Promise<number | undefined>
  /** Of what an ADD would fetch. */
  remote(source: GitOp | HttpOp, login: Node['login']): Promise<number | undefined>
}

/** Of sources that nobody can ask. */
export const noTimes: SourceTimes = { context: async () => undefined, remote: async () => undefined }
