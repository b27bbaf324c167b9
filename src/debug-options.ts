import type { StepInput, UserTerminal } from './executor/index.ts'
import type { BuildOptions } from './options.ts'

/** How who looks after a step is joined to a command that runs there. */
export interface CommandIo {
  /** The command gets a terminal of its own, joined to this one; nothing goes to `output` then. */
  readonly terminal?: UserTerminal
  /** What it reads, where it has no terminal; absent: nothing comes in. */
  readonly input?: AsyncIterable<Uint8Array>
  /** What it prints, as it comes, with stars in place of the values of secrets. */
  readonly output: (stream: 'stdout' | 'stderr', bytes: Uint8Array) => void
}

export type { StepInput, UserTerminal }

/** Secrets and agents are never kept: who wants them in a step again gives them again. */
type GivenAgain = Pick<BuildOptions, 'secrets' | 'ssh' | 'limits' | 'onEvent' | 'signal'>

export interface StepOptions extends GivenAgain {
  /**
   * Absent: the step of this folder that failed last. Else a step of its newest build, and the files after it: its place (`build 2/5`, or
   * `2/5` where only one stage has it), the beginning of its op id (of other folders too), or a part of its text that no other step has.
   */
  readonly step?: string
}

export interface ShellOptions extends StepOptions {
  /** Absent: the shell of the step. */
  readonly command?: readonly string[]
  readonly io: CommandIo
}

/** How a command ended; `signal` when it was killed by one. */
export interface CommandResult {
  readonly exitCode: number
  readonly signal?: string
}

/** A RUN that failed, while its build waits. */
export interface FailedStep {
  readonly label: string
  readonly code: string
  readonly message: string
  /** Runs a shell, or a command, in its files as they were; what that changes is gone afterwards. */
  enter(io: CommandIo, command?: readonly string[]): Promise<CommandResult>
}

/** Files of a step that failed, to be taken out: a directory, or a tar; `-` is standard output. */
export interface ErrorOutput {
  readonly type: 'local' | 'tar'
  readonly dest: string
  /** A path in the step; absent: all files. */
  readonly from?: string
}

export interface StepPathOptions extends StepOptions {
  /** In the files of the step; links are followed. */
  readonly path: string
}

/** A file of a step. */
export interface StepEntry {
  readonly path: string
  readonly kind: 'file' | 'directory' | 'symlink' | 'hardlink' | 'character' | 'block' | 'fifo'
  readonly mode: number
  readonly uid: number
  readonly gid: number
  /** Bytes; 0 for what has none. */
  readonly size: number
  /** Seconds since 1970. */
  readonly mtime: number
  /** Of a link. */
  readonly target?: string
}

/** A file that a step changed. */
export interface StepChange {
  readonly path: string
  readonly change: 'added' | 'changed' | 'removed'
  /** After it; absent when it was removed. */
  readonly entry?: StepEntry
}

/** What was found in a step. */
export interface OfStep<T> {
  readonly label: string
  /** It failed, and this is as it was then. */
  readonly failed: boolean
  readonly found: readonly T[]
}
