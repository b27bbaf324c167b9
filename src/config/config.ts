/**
 * Defaults for the command line, as `tsbuild.config.json` or the default export of `tsbuild.config.ts` has them. Each is what
 * the flag of that name says; a flag or a variable of the environment wins. Paths are relative to the file. None gives rights,
 * or raises a limit: a JSON file is read by itself, and may be of a stranger's branch.
 */
export interface TsbuildConfig {
  /** For editors. */
  readonly $schema?: string
  /** `--debug`. */
  readonly debug?: boolean
  /** `--progress`. */
  readonly progress?: string
  /** `--registry-mirror`: asked before the registry. */
  readonly registryMirrors?: Readonly<Record<string, string>>
  /** `--registry-allow`: no other is asked for images. */
  readonly registryAllow?: readonly string[]
  /** `--platform`: one or several. */
  readonly platform?: string | readonly string[]
  /** `--cache-from`, without endpoints, keys and tokens. */
  readonly cacheFrom?: string | readonly string[]
  /** `--cache-to`, without the same: what it names is written. */
  readonly cacheTo?: string | readonly string[]
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
  /** `--add-host`: `name:address`. */
  readonly addHosts?: readonly string[]
  /** `--step-timeout`: `90s`, `10m`. */
  readonly stepTimeout?: string
  /** `--retry`. */
  readonly retry?: number
  /** `--retry-delay`. */
  readonly retryDelay?: string
  /** `--runtime`; the weaker ones are asked for on the command line alone. */
  readonly runtime?: 'auto' | 'runc' | 'crun'
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
