import type { BuildRecord } from './builds/index.ts'
import type { CacheFrom, CacheTo } from './cache-options.ts'
import type { ErrorOutput, FailedStep } from './debug-options.ts'
import type { EventSink } from './executor/index.ts'
import type { Warning } from './graph/index.ts'
import type { Annotation, Descriptor, ManifestForm, Platform } from './image/index.ts'
import type { Limits } from './limits.ts'
import type { Space } from './upkeep.ts'

/** What `build` is asked to do: the command line's flags as values. */
export interface BuildOptions {
  /**
   * A directory, a git repository (`https://host/repo.git#ref:subdir`), an http(s) URL of an archive or a Dockerfile, or `-`:
   * standard input has one of the two.
   */
  readonly context: string | ContextArchive | ContextFiles
  /**
   * Absent: `Dockerfile` in the context, else `Containerfile`. A path is relative to the working directory, else to the
   * context, and to that alone when it is fetched; also an http(s) URL, or `-` for standard input.
   */
  readonly file?: string
  /** The text of the Dockerfile, in place of a file. */
  readonly dockerfile?: string
  readonly target?: string
  /** Names for the result in the store: any image references. */
  readonly tags?: readonly string[]
  readonly args?: Readonly<Record<string, string>>
  readonly labels?: Readonly<Record<string, string>>
  /** What the image is not to have, from base or Dockerfile: variables, labels, volumes and ports (`80/tcp`) by name. */
  readonly unset?: {
    readonly variables?: readonly string[]
    readonly labels?: readonly string[]
    readonly volumes?: readonly string[]
    readonly ports?: readonly string[]
    readonly healthcheck?: boolean
  }
  /** Of the manifest that the store keeps; an output has its own. */
  readonly annotations?: readonly Annotation[]
  /** `linux/arm64`, or several, which become the images of one index; `local` is this machine's. Absent: this machine's. */
  readonly platform?: string | readonly string[]
  /**
   * `--build-context`: directory, `docker-image://REF`, `oci-layout://DIR[:TAG]`, a git repository, an http(s) URL. A name may
   * be for one platform: `NAME::linux/arm64`.
   */
  readonly contexts?: Readonly<Record<string, string>>
  readonly noCache?: boolean | readonly string[]
  /** `missing`: ask the registry only for what is not in the store. */
  readonly pull?: 'always' | 'missing' | 'never'
  readonly secrets?: Readonly<Record<string, { readonly file: string } | { readonly env: string }>>
  /** A layer may have the value of a secret in it: a notice says so, in place of an error. */
  readonly allowSecretInLayer?: boolean
  /** `--ssh`: agents by id. A path is the socket of an agent or a private key; without one it is that of `SSH_AUTH_SOCK`. */
  readonly ssh?: readonly { readonly id: string; readonly paths: readonly string[] }[]
  readonly network?: 'default' | 'none' | 'host'
  readonly allow?: readonly string[]
  /** `host:ip` */
  readonly addHosts?: readonly string[]
  /** Bytes. */
  readonly shmSize?: number
  readonly ulimits?: readonly { readonly name: string; readonly soft: number; readonly hard: number }[]
  /** The control group that those of steps are made in; no part of any key. */
  readonly cgroupParent?: string
  /** What one RUN may use; an error where that cannot be held. No part of any key, like timeout and retries. */
  readonly resources?: {
    /** Bytes. */
    readonly memory?: number
    /** Bytes of memory and swap together, -1 without limit; absent: twice `memory`. */
    readonly memorySwap?: number
    /** Processors' worth of time: 0.5 is half of one. */
    readonly cpus?: number
    /** Processes and threads at once, -1 without limit; absent: 8192, where that can be held. */
    readonly processes?: number
  }
  /** The system call filter of steps in place of tsbuild's own, or none. Part of the keys of RUN. */
  readonly seccomp?: 'unconfined' | { readonly file: string }
  /** Milliseconds that the command of a RUN may take. */
  readonly stepTimeout?: number
  /** How often a RUN that failed is run again, on clean files. */
  readonly retries?: number
  /** Milliseconds before it is run again. */
  readonly retryDelay?: number
  /** Folders of this machine that `RUN --mount=type=cache` of these ids have in place of those of the store. */
  readonly cacheMountFolders?: Readonly<Record<string, string>>
  /** false: each cache of `RUN --mount=type=cache` begins empty, and goes with the build. */
  readonly cacheMounts?: boolean
  /** Shared caches that are asked for what the store does not have, one after the other. */
  readonly cacheFrom?: readonly CacheFrom[]
  /** Where the cache of this build is written after it. */
  readonly cacheTo?: readonly CacheTo[]
  /** Steps at once; absent: two for each core, at least 4. */
  readonly jobs?: number
  readonly outputs?: readonly OutputOptions[]
  readonly snapshotter?: 'auto' | 'erofs' | 'overlay' | 'copy'
  readonly runtime?: 'auto' | 'runc' | 'crun' | 'native' | 'chroot'
  readonly registryMirrors?: Readonly<Record<string, string>>
  /** The only registries and mirrors that may be asked for images: `docker.io`, `127.0.0.1:5000`; absent: all. */
  readonly registryAllow?: readonly string[]
  /** Hosts that may have a certificate of nobody, or speak plain HTTP. */
  readonly insecureRegistries?: readonly string[]
  /** After a build that did something, `prune` with `all` and this as `maxUsedSpace`; what it gave stays. */
  readonly cacheMax?: Space
  /** What files of others may ask for: the names of docs/limits.md with other values. Part of no key of a step. */
  readonly limits?: LimitOptions
  /** Called when a RUN has failed and all others have ended: the build fails when it returns. */
  readonly onFailedStep?: (step: FailedStep) => Promise<void>
  /** Files to take out of a RUN that fails. */
  readonly errorOutputs?: readonly ErrorOutput[]
  /** Bytes that the image may have, as images are listed; else nothing is named or written. */
  readonly maxSize?: number
  /** How much the image may grow, in bytes or hundredths. Nothing to compare it with is no error. */
  readonly maxGrowth?: number | `${number}%`
  /** Against which image: one of the store or a registry; absent: what its first name stood for before. */
  readonly compareTo?: string
  readonly onEvent?: EventSink
  /** Gets what was written down of the build when it is over, also when it failed: before it returns or throws. */
  readonly onRecord?: (record: BuildRecord) => void
  readonly signal?: AbortSignal
}

/** Some limits by name: `{ 'archive-entries': 10_000_000 }`. */
export type LimitOptions = Partial<Limits>

/** A tar of the context, also compressed. */
export interface ContextArchive {
  readonly tar: AsyncIterable<Uint8Array>
}

/** The files of the context by their paths: 0644, of root, from 1970. */
export interface ContextFiles {
  readonly files: Readonly<Record<string, string | Uint8Array>>
}

/** One `-o`. `dest` `-` is standard output. */
export type OutputOptions =
  | {
      readonly type: 'oci' | 'docker'
      readonly dest: string
      /** false: a directory. */
      readonly tar: boolean
      readonly annotations?: readonly Annotation[]
    }
  | {
      readonly type: 'tar' | 'local'
      readonly dest: string
      /** A folder `linux_amd64` for each platform. Absent: where there are several. */
      readonly platformSplit?: boolean
    }
  | RegistryOutput
  | EngineOutput

/** Loads the image into the Docker engine of this machine, when there is one: at `DOCKER_HOST`, or where engines listen. */
export interface EngineOutput {
  readonly type: 'engine'
}

/** Pushes the image. It is not named in the store when that fails. */
export interface RegistryOutput {
  readonly type: 'registry'
  /** Absent: the tags of the build. */
  readonly names?: readonly string[]
  /** Under no tag: it is reached by its digest alone, as for an index that is made later. */
  readonly byDigest?: boolean
  /** Also what it is called with its digest is one of the names that the result says it was pushed by. */
  readonly canonical?: boolean
  /** Whose media types the manifest has; absent: OCI's. */
  readonly form?: ManifestForm
  readonly annotations?: readonly Annotation[]
}

/** What the machine gives: never read from globals below the command line. */
export interface Environment {
  /** The store: `$TSBUILD_ROOT`. */
  readonly root: string
  readonly cwd: string
  /** `process.arch` */
  readonly arch: string
  readonly env: Readonly<Record<string, string | undefined>>
  /** Milliseconds since 1970. */
  readonly now: () => number
  readonly stdout: NodeJS.WritableStream
  readonly stdin: NodeJS.ReadableStream
}

export interface BuildResult {
  /** `sha256:…` of the config; of several images that of their index. */
  readonly id: string
  /** Of the image or of the index, as the store keeps it; of what was pushed, as it is in the registry. */
  readonly manifest: Descriptor
  /** Absent for an index. */
  readonly platform?: Platform
  /** What was built, for each platform, in the order asked for. */
  readonly images: readonly BuiltImage[]
  /** As the store keeps it, also when it was pushed: layers of steps are not packed there. */
  readonly stored: Descriptor
  /** The names it has in the store now, in normal form. */
  readonly names: readonly string[]
  /** What was pushed by its digest alone, or was asked for with it: `ghcr.io/me/app`, `ghcr.io/me/app@sha256:…`. */
  readonly pushed: readonly string[]
  readonly steps: { readonly total: number; readonly cached: number }
  readonly warnings: readonly Warning[]
  /** What was written down of the build; absent where the store could not be written to. */
  readonly build?: BuildRecord
}

/** An image for one platform. */
export interface BuiltImage {
  /** `sha256:…` of the config. */
  readonly id: string
  readonly manifest: Descriptor
  readonly platform: Platform
}
