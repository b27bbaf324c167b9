import type { ImageConfig, Platform } from '../image/index.ts'
import type { SourceRange } from '../source.ts'
import type { Op, OpId } from './op.ts'

/** What we *say* about an op. Never hashed: moving an instruction down a line is not a rebuild. */
export interface Node {
  readonly id: OpId
  readonly op: Op
  /** Absent for what no line asks for (the build context). */
  readonly at?: SourceRange
  /** As progress shows it: `[build 2/5] RUN npm ci`, `[internal] load build context`. */
  readonly label: string
  /** `--no-cache` or `--no-cache-filter` covers it: it is run, though its result is still recorded. */
  readonly noCache?: true
  /** What a RUN sees but its key does not: predefined proxy arguments, as `NAME=value`. */
  readonly unkeyed?: readonly string[]
  /** Of a RUN: the names of its variables that ARG declares. */
  readonly arguments?: readonly string[]
  /**
   * A RUN whose programs, as its base image says, are made for this platform, which is not that of the machine that builds:
   * it needs an emulator.
   */
  readonly emulates?: Platform
  /** User and password of a URL: for fetching alone, never shown or kept. */
  readonly login?: { readonly user: string; readonly password?: string }
}

/** A row of the image's history that this build adds; those with `layer` take the times of that op's record. */
export interface PlannedHistory {
  readonly createdBy: string
  /** The op whose layer it is; absent: `empty_layer`. */
  readonly layer?: OpId
  /** No instruction says it: it is there because the layer would have no row. */
  readonly madeUp?: true
}

/** What the target becomes, but for times and layers. */
export interface ImagePlan {
  /** The base's document with this build's settings folded in; `rootfs` and `history` are the base's. */
  readonly config: ImageConfig
  readonly history: readonly PlannedHistory[]
}

export interface Warning {
  /** One of BuildKit (`UndefinedVar`), or with a prefix one of tsbuild's own (`tsbuild/LayerCount`). */
  readonly rule: string
  readonly message: string
  readonly at?: SourceRange
  readonly url?: string
  /** What the rule is about, in a sentence. */
  readonly description?: string
}

/** The graph of what the target needs, and nothing else. */
export interface Plan {
  /** In an order in which every op comes after its inputs. */
  readonly nodes: readonly Node[]
  /** The op whose snapshot is the image. */
  readonly target: OpId
  readonly image: ImagePlan
  readonly warnings: readonly Warning[]
  /** Seconds since 1970: the time of all that this build adds, in place of its own. */
  readonly epoch?: number
}
