import type { Digest } from '../digest/index.ts'
import type { Op, OpId, PinnedImage, Warning } from '../graph/index.ts'
import type { SourceRange } from '../source.ts'

/** Names a line of the progress view: an op, or something internal such as `export`. */
export type StepId = OpId | `internal:${string}`

/** Why a step had to run. Part by part of the key; see `cache/`. */
export type MissReason =
  | { readonly kind: 'never-built' }
  /** Nothing like it is in the cache, for it was tried in an earlier build and failed: just so, or on other files. */
  | { readonly kind: 'failed'; readonly build: number }
  | { readonly kind: 'not-cached'; readonly why: string }
  /**
   * It was built just so, and what it gave is gone. `build`: the last one that had it; `source`: the shared cache that this one
   * took it from, which has it no more or is not asked.
   */
  | { readonly kind: 'removed'; readonly build?: number; readonly source?: string; readonly failedIn?: number }
  /**
   * What is other than in the record most like it: what a person would look at first comes first. Never empty. `failedIn`: the
   * build that tried it just so, and failed there.
   */
  | { readonly kind: 'changed'; readonly changes: readonly KeyChange[]; readonly failedIn?: number }

/** A part of a key that is not what it was. Without `before` it is new, without `now` it is gone. */
export type KeyChange =
  /** Of a COPY or ADD. `more`: how many others differ that are not listed. */
  | { readonly kind: 'files'; readonly files: readonly FileChange[]; readonly more: number }
  /** What is read, where nobody knows which files of it differ. */
  | { readonly kind: 'input'; readonly name: string; readonly change: FileChange['change'] }
  /** `argument`: declared by ARG. A value is `***` when its name speaks of a secret. */
  | {
      readonly kind: 'variable'
      readonly name: string
      readonly argument?: true
      readonly before?: string
      readonly now?: string
    }
  /** `path` of the mount in the step. */
  | { readonly kind: 'mount'; readonly path: string; readonly before?: string; readonly now?: string }
  /** `part`: `instruction`, or what else counts, such as `user` and `network`. */
  | { readonly kind: 'definition'; readonly part: string; readonly before?: string; readonly now?: string }
  | { readonly kind: 'base'; readonly before: PinnedImage; readonly now: PinnedImage }
  /** A step below this one. `step` and `label`: which, where that is known. */
  | { readonly kind: 'step'; readonly step?: OpId; readonly label?: string }

export interface FileChange {
  readonly path: string
  readonly change: 'changed' | 'added' | 'removed'
  /** Of one whose bytes are the same: `0644`, in octal. */
  readonly mode?: BeforeAndNow
  /** Of one whose bytes are the same: `0:0`. */
  readonly owner?: BeforeAndNow
}

export interface BeforeAndNow {
  readonly before: string
  readonly now: string
}

/** An op of the graph, as far as it may be told. */
export interface GraphStep {
  readonly id: OpId
  readonly kind: Op['kind']
  readonly label: string
  /** The ops that it reads. */
  readonly inputs: readonly OpId[]
  /** Absent for what no line asks for. */
  readonly at?: SourceRange
  /** Of an `image`: what it is pinned to. */
  readonly image?: PinnedImage
}

/** The result of a step. */
export interface StepLayer {
  readonly diffId: Digest
  /** Bytes as the store keeps it. */
  readonly size: number
}

/** What happens in a build, in order. `at` is milliseconds since 1970. Every view is a reader of these. */
export type BuildEvent = { readonly at: number } & (
  | { readonly type: 'build:start'; readonly steps: number }
  /** What is to be done, in an order in which inputs come first: told once, before anything of it begins. */
  | { readonly type: 'build:graph'; readonly steps: readonly GraphStep[] }
  /**
   * `makes`: a layer is made, which is not in the cache as far as is known. A step that was cached begins anew when its layer in a
   * shared cache cannot be had.
   */
  | { readonly type: 'step:start'; readonly step: StepId; readonly label: string; readonly makes?: true }
  | {
      readonly type: 'step:log'
      readonly step: StepId
      readonly stream: 'stdout' | 'stderr'
      readonly bytes: Uint8Array
    }
  | {
      readonly type: 'step:progress'
      readonly step: StepId
      /** `transferring context`, `sha256:…`, `extracting sha256:…` */
      readonly label: string
      readonly current: number
      readonly total?: number
      readonly done?: true
    }
  | {
      readonly type: 'step:cached'
      readonly step: StepId
      readonly label: string
      /** The shared cache that has it; absent: the store. */
      readonly source?: string
      readonly key?: Digest
      readonly layer?: StepLayer
      /** What it took when it was made. */
      readonly milliseconds?: number
    }
  /** `key`: what it was looked up by. */
  | { readonly type: 'step:miss'; readonly step: StepId; readonly key: Digest; readonly reason: MissReason }
  /** `key` and `layer`: of a step that made one. */
  | {
      readonly type: 'step:done'
      readonly step: StepId
      readonly milliseconds: number
      readonly key?: Digest
      readonly layer?: StepLayer
    }
  | { readonly type: 'step:error'; readonly step: StepId; readonly message: string }
  | { readonly type: 'step:canceled'; readonly step: StepId }
  | {
      readonly type: 'notice'
      readonly message: string
      /** Steps that nothing shuts in, or a secret where anybody may find it: said to who wants to hear nothing, too. */
      readonly serious?: true
    }
  /** What the checks found, once and before anything runs; not told when there is nothing. */
  | { readonly type: 'warnings'; readonly warnings: readonly Warning[] }
  | { readonly type: 'build:done'; readonly milliseconds: number }
)

/** Takes events as they happen. Never throws, never blocks. */
export type EventSink = (event: BuildEvent) => void
