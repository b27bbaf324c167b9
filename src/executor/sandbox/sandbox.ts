import type { RunLimits } from '../../graph/index.ts'
import type { WindowSize } from '../../syscalls/index.ts'

/** A directory that will be `/` for the command. Nothing of it is mounted yet: the sandbox does that, out of sight. */
export type Rootfs =
  | {
      readonly kind: 'overlay'
      /** Lower directories, topmost first. At least one. */
      readonly lowers: readonly string[]
      readonly upper: string
      readonly work: string
      /** An empty directory to mount on. */
      readonly merged: string
    }
  | { readonly kind: 'directory'; readonly path: string }

/** Something to mount into the rootfs. `target` is absolute, without symbolic links, and exists in the rootfs. */
export type SandboxMount =
  | { readonly kind: 'bind'; readonly source: string; readonly target: string; readonly readOnly: boolean }
  | { readonly kind: 'tmpfs'; readonly target: string; readonly size?: number; readonly mode?: number }
  /** A merged view of several directories (topmost first); what is written into `upper` is thrown away by the caller. */
  | {
      readonly kind: 'overlay'
      readonly lowers: readonly string[]
      readonly upper: string
      readonly work: string
      /** An empty directory to mount the view on, before `subpath` of it is bound to `target`. */
      readonly merged: string
      /** Path inside the merged view without a leading `/`, `''` for all of it. Holds no symbolic link. */
      readonly subpath: string
      readonly target: string
      readonly readOnly: boolean
    }

/** What all processes of a step may use together; what is absent has no limit that was asked for. */
export interface Resources {
  /** Bytes, page cache and what the kernel needs for the step among them. */
  readonly memory?: number
  /** Bytes of memory and swap together, -1 without limit; absent: twice `memory`. */
  readonly memorySwap?: number
  /** Processors' worth of time: 0.5 is half of one. */
  readonly cpus?: number
  /** Processes and threads at once, -1 without limit; absent: `usualProcesses`, where that can be held. */
  readonly processes?: number
}

/** A limit that a step ran into, so that what it made is not what it would make without. */
export type Exceeded =
  | {
      readonly what: 'memory'
      /** Bytes, as in `Resources`. */
      readonly limit: number
      /** Bytes that it had at once; absent when the kernel does not say. */
      readonly peak?: number
      /** Processes that were killed. */
      readonly killed: number
    }
  | { readonly what: 'processes'; readonly limit: number }

/** What is known of the commands that come after one. */
export interface Ahead {
  /** Until this signal there may be one. */
  readonly until: AbortSignal
  /** How many there may be at most, now. */
  readonly expected: () => number
}

/** What a command has in place of an empty input. */
export type StepInput =
  /** A terminal of its own: its input and all its output, of which none is passed on as output of the step. */
  | {
      readonly kind: 'terminal'
      /** The end that programs have, a handle of this process. */
      readonly slave: number
      readonly size: WindowSize
      /** `told` is called after each change of its size. @returns what ends that */
      readonly onResize: (told: (size: WindowSize) => void) => () => void
    }
  /** A handle of this process to read from. */
  | { readonly kind: 'handle'; readonly handle: number }

/** One command, shut in. */
export interface SandboxSpec {
  /** Unique on this machine. */
  readonly id: string
  readonly rootfs: Rootfs
  readonly argv: readonly string[]
  /** The whole environment: nothing of tsbuild's own gets in. */
  readonly env: readonly string[]
  /** Absolute, exists in the rootfs. */
  readonly cwd: string
  readonly user: { readonly uid: number; readonly gid: number; readonly groups: readonly number[] }
  readonly mounts: readonly SandboxMount[]
  readonly network: 'default' | 'none' | 'host'
  readonly hostname: string
  /** All capabilities, no seccomp, nothing masked: `RUN --security=insecure`. */
  readonly insecure: boolean
  readonly limits: RunLimits
  readonly resources?: Resources
  /** Absent: nothing comes in. */
  readonly input?: StepInput
  /** Other steps may come: a sandbox may get ready for the next while this one runs. */
  readonly ahead?: Ahead
  /** An empty private directory for bundle, sockets and the like; removed by the caller. */
  readonly scratch: string
}

/** How a command ended; `signal` when it was killed by one. */
export interface SandboxResult {
  readonly exitCode: number
  readonly signal?: string
  readonly exceeded?: Exceeded
}

/** Gets what a command prints, as it comes. */
export type SandboxOutput = (stream: 'stdout' | 'stderr', bytes: Uint8Array) => void

/** Runs a command where it can see and change nothing but its rootfs. One form per rung of the ladder. */
export interface Sandbox {
  /** `chroot` can mount nothing: it takes only a `directory` rootfs. */
  readonly name: 'runc' | 'crun' | 'native' | 'chroot'
  /** Why a step has no control group of its own, and nothing can be said of that group; absent when it has. */
  readonly noCgroup?: string
  /** True for a name whose value others on this machine may see on a command line; absent: there is none. */
  readonly shows?: (variable: string) => boolean
  /**
   * What `/etc/resolv.conf` has to say in a step with this network, given the host's own text: user-mode networking answers
   * at an address of its own, and a step without network has no resolver.
   */
  resolvConf(network: SandboxSpec['network'], host: string): string
  /**
   * Runs to the end; all processes of the command are gone when it returns. On abort they are killed within 2 s, and the
   * reason of the signal is thrown.
   * @throws {TsbuildError} TSB_LIMIT_UNAVAILABLE when a limit of `resources` cannot be held here; TSB_SANDBOX_… when the command could not be started at all; TSB_COMMAND_NOT_FOUND when argv[0]
   *   is not in the rootfs
   */
  run(spec: SandboxSpec, output: SandboxOutput, signal: AbortSignal): Promise<SandboxResult>
}
