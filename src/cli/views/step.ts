import type { BuildEvent, MissReason, StepId } from '../../index.ts'
import { visible } from '../../text/index.ts'

/** What is known of a step by now. Times in milliseconds since 1970. */
export interface Step {
  readonly id: StepId
  /** From 1 on, in the order in which steps began: as `tsbuild builds logs` takes it. */
  readonly number: number
  /** On one line, with nothing hidden in it. */
  readonly label: string
  readonly startedAt: number
  endedAt?: number
  outcome?: 'done' | 'cached' | 'error' | 'canceled'
  /** Of `done`. */
  milliseconds?: number
  /** Of `error`. */
  error?: string
  miss?: MissReason
  /** Of `cached`: the shared cache that has it. */
  source?: string
  /** By label, in the order in which they began. */
  readonly transfers: Map<string, Transfer>
}

/** Something that moves inside a step. Bytes; 0 when it is not known. */
export interface Transfer {
  readonly label: string
  readonly startedAt: number
  current: number
  total: number
  updatedAt: number
  doneAt?: number
}

/** A text from a Dockerfile or an image on one line, with nothing hidden in it. */
export function oneLine(text: string): string {
  return visible(text.replace(/\s+/g, ' ').trim())
}

/** Notes what an event says of a transfer. */
export function noteTransfer(step: Step, event: Extract<BuildEvent, { readonly type: 'step:progress' }>): Transfer {
  const label = oneLine(/^transferring \w+$/.test(event.label) ? `${event.label}:` : event.label)
  const known = step.transfers.get(label)
  const transfer: Transfer = known ?? { label, startedAt: event.at, current: 0, total: 0, updatedAt: event.at }
  transfer.current = event.current
  transfer.total = event.total ?? transfer.total
  transfer.updatedAt = event.at
  if (event.done) transfer.doneAt = event.at
  step.transfers.set(label, transfer)
  return transfer
}
