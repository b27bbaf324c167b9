import type { Digest } from '../digest/index.ts'
import type { MissReason, StepId } from '../executor/index.ts'

/** What a build was asked, what it did, and what came of it. Times are milliseconds since 1970. */
export interface BuildRecord {
  readonly version: 1
  /** 20 letters and digits that no other build has. */
  readonly id: string
  /** By which `tsbuild builds` lists it: later builds have higher ones. The folder of its files has this name. */
  readonly number: number
  /** The first tag, else the last part of the context; with the target in parentheses. */
  readonly name: string
  readonly status: 'completed' | 'error' | 'canceled'
  readonly started: number
  readonly completed: number
  /** Where it was started. */
  readonly directory: string
  /** Absolute for a folder of this machine; without login for a URL; `-` for standard input. */
  readonly context: string
  /** Absent when it could not be read. */
  readonly dockerfile?: { readonly path: string /** Absent for a very long one. */; readonly text?: string }
  readonly target?: string
  readonly platforms: readonly string[]
  readonly tags: readonly string[]
  readonly error?: {
    readonly code: string
    readonly message: string
    readonly hint?: string
    readonly line?: number
    readonly step?: StepId
  }
  /** In the order in which they began; those that did not begin come last, in the order of the graph. */
  readonly steps: readonly StepRecord[]
  readonly images: readonly ImageRecord[]
}

/** What is known of a step. */
export interface StepRecord {
  readonly id: StepId
  /** From 1 on, in the order of `steps`. */
  readonly number: number
  readonly label: string
  /** `image`, `context`, `copy`, `run` …; `internal` for what is no op of the graph. */
  readonly kind: string
  /** Of a build for several platforms. */
  readonly platform?: string
  /** Absent in a Dockerfile of one stage. */
  readonly stage?: string
  /** From 1 on; the last one included. */
  readonly lines?: { readonly start: number; readonly end: number }
  /** The steps that it reads. */
  readonly inputs: readonly StepId[]
  readonly outcome: 'cached' | 'ran' | 'error' | 'canceled' | 'not-run'
  /** The shared cache where it was found; absent: the store. */
  readonly source?: string
  /** Why it was not found. */
  readonly reason?: MissReason
  readonly error?: string
  readonly started?: number
  readonly completed?: number
  /** Of `cached`: milliseconds that it took when it was made. */
  readonly saved?: number
  /** What it was looked up by, also when it failed then. */
  readonly key?: Digest
  /** `size`: bytes as the store keeps it. */
  readonly layer?: { readonly digest: Digest; readonly size: number }
  /** What it printed is in the file `logFile(number, step)` of the folder. `cut`: not all of it could be written. */
  readonly log?: { readonly bytes: number; readonly lines: number; readonly cut?: true }
}

/** An image that was built. */
export interface ImageRecord {
  readonly platform: string
  /** Of its manifest in the store. */
  readonly digest: string
  /** Beside the image that its name stood for before; absent where nothing changed or there was none. */
  readonly growth?: { readonly against: string; readonly before: number; readonly now: number }
  /** Lowest first. Sizes are bytes as the store keeps or knows them. */
  readonly layers: readonly LayerRecord[]
}

export interface LayerRecord {
  /** The diff id. */
  readonly digest: string
  readonly size: number
  /** Absent for one of the base. */
  readonly step?: StepId
  readonly label: string
}
