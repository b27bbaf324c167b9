import type { Digest } from '../digest/index.ts'

/**
 * How a container of the image starts. Keys are those of the JSON; further ones from a base image are kept as they are.
 * @see https://github.com/opencontainers/image-spec/blob/main/config.md
 */
export interface ContainerConfig {
  readonly User?: string | undefined
  readonly ExposedPorts?: Readonly<Record<string, object>> | undefined
  /** `NAME=value`, each name once. */
  readonly Env?: readonly string[] | undefined
  readonly Entrypoint?: readonly string[] | undefined
  readonly Cmd?: readonly string[] | undefined
  readonly Volumes?: Readonly<Record<string, object>> | undefined
  readonly WorkingDir?: string | undefined
  readonly Labels?: Readonly<Record<string, string>> | undefined
  readonly StopSignal?: string | undefined
  readonly ArgsEscaped?: boolean | undefined
  /** Docker's, kept by BuildKit in OCI images too. */
  readonly Healthcheck?: Healthcheck | undefined
  readonly Shell?: readonly string[] | undefined
  readonly OnBuild?: readonly string[] | undefined
}

/** Durations in nanoseconds; absent or 0 leaves the choice to whoever runs the container. */
export interface Healthcheck {
  /** `["NONE"]`, `["CMD", word…]` or `["CMD-SHELL", text]`. */
  readonly Test?: readonly string[] | undefined
  readonly Interval?: number | undefined
  readonly Timeout?: number | undefined
  readonly StartPeriod?: number | undefined
  readonly StartInterval?: number | undefined
  readonly Retries?: number | undefined
}

/** One row of how the image was made, oldest first. */
export interface History {
  /** RFC 3339. */
  readonly created?: string | undefined
  readonly created_by?: string | undefined
  readonly author?: string | undefined
  readonly comment?: string | undefined
  readonly empty_layer?: boolean | undefined
}

/** The config document of an image. */
export interface ImageConfig {
  readonly created?: string | undefined
  readonly author?: string | undefined
  readonly architecture: string
  readonly os: string
  readonly variant?: string | undefined
  readonly 'os.version'?: string | undefined
  readonly config?: ContainerConfig | undefined
  readonly rootfs: { readonly type: 'layers'; readonly diff_ids: readonly Digest[] }
  readonly history?: readonly History[] | undefined
}
