import type { BuildEvent } from '../../index.ts'
import { type Spool, spool } from './spool.ts'
import type { Step, Transfer } from './step.ts'
import { type Look, StepWriter } from './step-writer.ts'
import { Trace } from './trace.ts'

/** A line of output that does not end is printed as it is after this time. Milliseconds. */
const partialPatience = 5_000

/**
 * Progress as text with all lines of a step together, the steps in the order in which they began: the first that has not ended
 * is printed while it runs, what others say waits.
 */
export class OrderedPrinter {
  readonly #trace: Trace
  readonly #writer: StepWriter
  readonly #lines = new Map<Step, Spool>()
  readonly #transfers = new Map<Step, Set<Transfer>>()
  readonly #notices: string[] = []
  /** Steps that are not all printed, in the order in which they began. */
  readonly #queue = new Set<Step>()
  readonly #changed = new Set<Step>()

  /** @param write gets whole lines, each with its line feed */
  constructor(write: (text: string) => void, look: Look = {}) {
    this.#writer = new StepWriter(write, look)
    this.#trace = new Trace({
      line: (step, line) => this.#spoolOf(step).add(this.#writer.logText(line)),
      transfer: (step, transfer) => this.#transfersOf(step).add(transfer),
      notice: (message) => this.#notices.push(message),
    })
  }

  update(event: BuildEvent): void {
    const step = this.#trace.apply(event)
    if (!step) return
    if (event.type === 'step:start' || event.type === 'step:cached') this.#queue.add(step)
    this.#changed.add(step)
  }

  /** Prints what is due. */
  print(now: number): void {
    this.#trace.flushLogs(now - partialPatience)
    for (const step of this.#queue) {
      this.#sayNotices()
      this.#show(step)
      if (step.outcome === undefined) return
      this.#queue.delete(step)
    }
    this.#sayNotices()
  }

  /** Prints all that is left, and the last output of steps that failed. */
  end(): void {
    this.print(Number.POSITIVE_INFINITY)
    for (const step of this.#queue) this.#show(step)
    this.#sayNotices('now')
    this.#writer.end(this.#trace)
  }

  #show(step: Step): void {
    if (!this.#changed.delete(step)) return
    this.#writer.show(step, this.#transfersOf(step), this.#lines.get(step)?.drain() ?? [])
    this.#transfers.delete(step)
  }

  /** A notice does not part the lines of a step. */
  #sayNotices(when?: 'now'): void {
    if (this.#writer.current && when === undefined) return
    for (const message of this.#notices.splice(0)) this.#writer.notice(message)
  }

  #spoolOf(step: Step): Spool {
    const known = this.#lines.get(step) ?? spool()
    this.#lines.set(step, known)
    return known
  }

  #transfersOf(step: Step): Set<Transfer> {
    const known = this.#transfers.get(step) ?? new Set()
    this.#transfers.set(step, known)
    return known
  }
}
