import type { BuildEvent } from '../../index.ts'
import type { Step, Transfer } from './step.ts'
import { type Look, StepWriter } from './step-writer.ts'
import { Trace } from './trace.ts'
import { Turns } from './turns.ts'

/** A line of output that does not end is printed as it is after this time. Milliseconds. */
const partialPatience = 5_000
/** Characters of output that may wait to be printed. */
const mostWaiting = 1_000_000

/** What a step has to say and has not said yet. */
interface Waiting {
  readonly transfers: Set<Transfer>
  readonly lines: string[]
}

/** Progress as text: one step at a time holds the view, and `#N ...` says that a step goes on later. */
export class PlainPrinter {
  readonly #trace: Trace
  readonly #writer: StepWriter
  readonly #turns = new Turns()
  readonly #waiting = new Map<Step, Waiting>()
  #size = 0

  /** @param write gets whole lines, each with its line feed */
  constructor(write: (text: string) => void, look: Look = {}) {
    this.#writer = new StepWriter(write, look)
    this.#trace = new Trace({
      line: (step, line) => this.#addLine(step, this.#writer.logText(line)),
      transfer: (step, transfer) => this.#waitingOf(step).transfers.add(transfer),
      notice: (message) => this.#leaving(() => this.#writer.notice(message)),
    })
  }

  /** True when so much waits that it has to be printed now. */
  get isFull(): boolean {
    return this.#size > mostWaiting
  }

  update(event: BuildEvent): void {
    const step = this.#trace.apply(event)
    if (step) this.#turns.touch(step, event.at)
  }

  /** Prints what is due. */
  print(now: number): void {
    this.#trace.flushLogs(now - partialPatience)
    const { current } = this.#writer
    for (const step of this.#turns.ended(current)) this.#show(step)
    const next = this.#turns.next(this.#writer.current, this.#trace.running, now)
    const before = this.#writer.current
    if (before && before !== next && this.#waiting.has(before)) this.#show(before)
    if (next) this.#show(next)
    if (this.isFull) for (const step of this.#waiting.keys()) this.#show(step)
  }

  /** Prints all that is left, and the last output of steps that failed. */
  end(now: number): void {
    this.#trace.flushLogs(Number.POSITIVE_INFINITY)
    this.print(now)
    for (const step of this.#waiting.keys()) this.#show(step)
    this.#writer.end(this.#trace)
  }

  #show(step: Step): void {
    const { transfers, lines } = this.#take(step)
    this.#turns.shown(step)
    this.#leaving(() => this.#writer.show(step, transfers, [lines]))
  }

  /** Does what may take the view from the step that has it. */
  #leaving(work: () => void): void {
    const { current: before } = this.#writer
    work()
    if (before && before !== this.#writer.current) this.#turns.left(before)
  }

  #addLine(step: Step, line: string): void {
    this.#waitingOf(step).lines.push(line)
    this.#size += line.length
  }

  #waitingOf(step: Step): Waiting {
    const waiting = this.#waiting.get(step) ?? { transfers: new Set(), lines: [] }
    this.#waiting.set(step, waiting)
    return waiting
  }

  #take(step: Step): Waiting {
    const waiting = this.#waitingOf(step)
    this.#waiting.delete(step)
    for (const line of waiting.lines) this.#size -= line.length
    return waiting
  }
}
