import type { Machine } from './machine.ts'
import type { StepNetwork } from './network.ts'
import type { Tools } from './tools.ts'

/** What every form of sandbox stands on. */
export interface Host {
  readonly tools: Tools
  readonly machine: Machine
  readonly network: StepNetwork
}
