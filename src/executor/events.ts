import type { OpId, Warning } from '../graph/index.ts'

/** Names a line of the progress view: an op, or something internal such as `export`. */
export type StepId = OpId | `internal:${string}`

/** Why a step had to run. Part by part of the key; see `cache/`. */
export type MissReason =
  | { readonly kind: 'never-built' }
  | { readonly kind: 'not-cached'; readonly why: string }
  | { readonly kind: 'changed'; readonly what: string; readonly more: number }

/** What happens in a build, in order. `at` is milliseconds since 1970. Every view is a reader of these. */
export type BuildEvent = { readonly at: number } & (
  | { readonly type: 'build:start'; readonly steps: number }
  /** `makes`: a layer is made, which is not in the cache as far as is known. */
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
  /** `source`: the shared cache that has it; absent: the store. */
  | { readonly type: 'step:cached'; readonly step: StepId; readonly label: string; readonly source?: string }
  | { readonly type: 'step:miss'; readonly step: StepId; readonly reason: MissReason }
  | { readonly type: 'step:done'; readonly step: StepId; readonly milliseconds: number }
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
