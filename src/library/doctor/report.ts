/** What `doctor` is told beside the environment. */
export interface DoctorOptions {
  /**
   * How whoever calls came to its user ids: an ordinary user's command line enters a user namespace before. Absent: it has
   * them by itself, as root does.
   */
  readonly userNamespace?: {
    /** `ranges`: with the ids of /etc/subuid; `single`: its own alone; `none`: the kernel or a policy refuses it. */
    readonly kind: 'ranges' | 'single' | 'none'
    /** Why there is no better kind, in the words of what tried. */
    readonly problem?: string
  }
}

/** What this machine gives to a build, each part of it tried. It is what `tsbuild doctor --format json` prints. */
export interface DoctorReport {
  /**
   * 1: root, steps are shut in. 2: the same in a user namespace. 3: root to whom namespaces are refused, steps only change
   * their root directory. 4: no RUN.
   */
  readonly rung: 1 | 2 | 3 | 4
  /** What steps are shut in by, and what not, in one line. */
  readonly headline: string
  readonly run: RunAbility
  /** In a fixed order; the text has one row for each. */
  readonly findings: readonly Finding[]
}

/** How RUN steps are run here, when no flag says otherwise. */
export interface RunAbility {
  /** False when no flag can make a RUN work. */
  readonly works: boolean
  /** What has to be given to `tsbuild build` for it; mostly nothing. */
  readonly flags: readonly string[]
  readonly runtime?: 'crun' | 'runc' | 'native' | 'chroot'
  readonly snapshotter: 'erofs' | 'overlay' | 'copy'
  /** `host`: a step sees the network of this machine, its loopback and abstract sockets too. */
  readonly network: 'own' | 'host'
  /** A system call filter is in force in steps. */
  readonly seccomp: boolean
  readonly noNewPrivileges: boolean
  /** What a step can get in whatever way, without `CAP_`. */
  readonly capabilities: readonly string[]
}

export interface Finding {
  /** Stable, for programs: `runtime.crun`. */
  readonly id: string
  /** `note`: less than could be had here, or something that only some builds need. `problem`: some builds fail. */
  readonly level: 'ok' | 'note' | 'problem'
  /** One sentence. */
  readonly text: string
  /** A command to type, or a setting, that makes it better. */
  readonly fix?: string
  /** Numbers and names behind the sentence: bytes, versions, paths. */
  readonly facts?: Readonly<Record<string, string | number | boolean | readonly string[]>>
}
