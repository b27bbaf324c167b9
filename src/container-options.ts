import type { CommandIo, CommandResult } from './debug-options.ts'
import type { BuildOptions } from './options.ts'

/** What `runImage` is asked to do: `tsbuild run` as values. What is absent is as the image has it. */
export interface RunImageOptions
  extends Pick<
    BuildOptions,
    | 'addHosts'
    | 'limits'
    | 'network'
    | 'onEvent'
    | 'pull'
    | 'registryAllow'
    | 'registryMirrors'
    | 'insecureRegistries'
    | 'resources'
    | 'runtime'
    | 'seccomp'
    | 'shmSize'
    | 'signal'
    | 'snapshotter'
    | 'ulimits'
  > {
  /** A name, an id of the store, or its beginning. */
  readonly image: string
  /** In place of the command of the image. */
  readonly command?: readonly string[]
  /** In place of its entry point, and then of its command too; an empty text: none. */
  readonly entrypoint?: string
  /** Variables on top of those of the image. */
  readonly env?: Readonly<Record<string, string>>
  readonly workdir?: string
  readonly user?: string
  readonly hostname?: string
  readonly platform?: string
  readonly mounts?: readonly RunMount[]
  /** Nothing of what it changes is kept. */
  readonly remove?: boolean
  /** What is kept can be found by this name. */
  readonly name?: string
  readonly io: CommandIo
}

/** A directory or file of this machine, or without a source an empty file system in memory. */
export interface RunMount {
  readonly source?: string
  /** Absolute, in the container. */
  readonly target: string
  readonly readOnly?: boolean
}

export interface RunImageResult extends CommandResult {
  /** Under which what the command changed is kept for an hour. */
  readonly container?: string
}

/** What is kept of a command that `runImage` ran. */
export interface Container {
  /** 12 hex digits. */
  readonly id: string
  readonly name?: string
  /** As short as people write it. */
  readonly image: string
  readonly command: readonly string[]
  /** RFC 3339; so is `ended`. */
  readonly created: string
  readonly ended?: string
  readonly exitCode?: number
}

export interface CommitOptions {
  /** The id of what `runImage` kept, its beginning of 4 digits or more, or its name. */
  readonly container: string
  /** Names of the image. */
  readonly names?: readonly string[]
  /** Comment of its row in the history. */
  readonly message?: string
  readonly author?: string
  /** Dockerfile instructions for its config: `CMD ["sh"]`. */
  readonly changes?: readonly string[]
  readonly signal?: AbortSignal
}
