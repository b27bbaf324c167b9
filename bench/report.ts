import type { Mode, Target } from './job.ts'
import type { Machine } from './machine.ts'
import type { Measured } from './measure.ts'
import type { Peak } from './memory.ts'

/** All that a run found out: what `--json` writes and `--from` reads. */
export interface Report {
  readonly format: 1
  /** When the run began, ISO 8601. */
  readonly date: string
  readonly machine: Machine
  /** What each program says of itself. */
  readonly versions: Readonly<Record<string, string>>
  /** Load of the machine, the average of a minute, before and after. */
  readonly load: readonly number[]
  readonly results: readonly Result[]
  /** What was not measured, and why. */
  readonly skipped: readonly Skipped[]
}

export interface Result {
  readonly workload: string
  readonly mode: Mode
  readonly to: Target
  readonly tsbuild: Measured
  readonly floors: readonly FloorResult[]
  readonly peers: readonly Measured[]
  readonly memory?: Peak
  readonly memoryLimit: number
}

export interface FloorResult extends Measured {
  readonly reach?: number
  readonly only?: string
}

export interface Skipped {
  readonly name: string
  readonly why: string
}
