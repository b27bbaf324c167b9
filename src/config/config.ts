import type { LimitName } from '../limits.ts'

/**
 * Defaults for the command line, as `tsbuild.config.json` or the default export of `tsbuild.config.ts` has them. Each is what
 * the flag of that name says; a flag or a variable of the environment wins. Paths are relative to the file.
 */
export interface TsbuildConfig {
  /** For editors. */
  readonly $schema?: string
  /** `--root`: the store. */
  readonly root?: string
  /** `--debug`. */
  readonly debug?: boolean
  /** `--progress`. */
  readonly progress?: string
  /** `--limit`: what files of others may ask for; numbers, or sizes as `64m`. */
  readonly limits?: { readonly [Name in LimitName]?: number | string }
  /** `--registry-mirror`: asked before the registry. */
  readonly registryMirrors?: Readonly<Record<string, string>>
  /** `--registry-allow`: no other is asked for images. */
  readonly registryAllow?: readonly string[]
  /** `--insecure-registry`. */
  readonly insecureRegistries?: readonly string[]
  /** `--platform`: one or several. */
  readonly platform?: string | readonly string[]
  /** `--cache-from`. */
  readonly cacheFrom?: string | readonly string[]
  /** `--cache-to`. */
  readonly cacheTo?: string | readonly string[]
  /** `--cache-max`: a size, or hundredths of the disk. */
  readonly cacheMax?: string | number
  /** `--pull`. */
  readonly pull?: 'always' | 'missing' | 'never'
  /** `--network`; the host's is asked for on the command line alone. */
  readonly network?: 'default' | 'none'
  /** `--jobs`. */
  readonly jobs?: number
  /** `--memory`: `512m`, `2g`. */
  readonly memory?: string | number
  /** `--memory-swap`. */
  readonly memorySwap?: string | number
  /** `--cpus`. */
  readonly cpus?: number
  /** `--pids-limit`. */
  readonly pidsLimit?: number
  /** `--shm-size`. */
  readonly shmSize?: string | number
  /** `--ulimit`: `nofile=1024:2048`. */
  readonly ulimits?: readonly string[]
  /** `--add-host`: `name:address`. */
  readonly addHosts?: readonly string[]
  /** `--step-timeout`: `90s`, `10m`. */
  readonly stepTimeout?: string
  /** `--retry`. */
  readonly retry?: number
  /** `--retry-delay`. */
  readonly retryDelay?: string
  /** `--runtime`. */
  readonly runtime?: 'auto' | 'runc' | 'crun' | 'native' | 'chroot'
  /** `--snapshotter`. */
  readonly snapshotter?: 'auto' | 'erofs' | 'overlay' | 'copy'
  /** `--file`. This and what follows holds for a context that is the directory of the file or lies in it. */
  readonly file?: string
  /** `--target`. */
  readonly target?: string
  /** `--tag`. */
  readonly tags?: readonly string[]
  /** `--build-arg`. */
  readonly buildArgs?: Readonly<Record<string, string | number | boolean>>
  /** `--label`. */
  readonly labels?: Readonly<Record<string, string>>
  /** `--annotation`. */
  readonly annotations?: Readonly<Record<string, string>>
}

/** Gives the config back as it is: an editor then knows what may stand in it. */
export function defineConfig(config: TsbuildConfig): TsbuildConfig {
  return config
}
