import type { BuildEvent } from '../../index.ts'
import { stripControls } from '../text/escape.ts'
import { cut } from '../text/width.ts'
import { failureTail } from './failure-tail.ts'
import { endText, missText, transferText } from './plain-text.ts'
import { oneLine, type Step, type Transfer } from './step.ts'
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

/**
 * Progress as text in BuildKit's shape: each line begins with the number of its step, one step at a time holds the view,
 * and `#N ...` says that a step goes on later.
 */
export class PlainPrinter {
  readonly #trace: Trace
  readonly #turns = new Turns()
  readonly #explained = new Set<Step>()
  readonly #waiting = new Map<Step, Waiting>()
  readonly #lastStatus = new Map<Transfer, { readonly at: number; readonly current: number }>()
  readonly #write: (text: string) => void
  readonly #nameWidth: number
  #current: Step | undefined
  #begun = false
  #size = 0

  /**
   * @param write gets whole lines, each with its line feed
   * @param nameWidth columns of a step's name
   */
  constructor(write: (text: string) => void, nameWidth = Number.POSITIVE_INFINITY) {
    this.#write = write
    this.#nameWidth = nameWidth
    this.#trace = new Trace({
      line: (step, line) => this.#addLine(step, `${line.time} ${stripControls(line.text)}`.trimEnd()),
      transfer: (step, transfer) => this.#waitingOf(step).transfers.add(transfer),
      notice: (message) => this.#notice(message),
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
    for (const step of this.#turns.ended(this.#current)) this.#show(step)
    const next = this.#turns.next(this.#current, this.#trace.running, now)
    if (this.#current && this.#current !== next && this.#waiting.has(this.#current)) this.#show(this.#current)
    if (next) this.#show(next)
    if (this.isFull) for (const step of this.#waiting.keys()) this.#show(step)
  }

  /** Prints all that is left, and the last output of steps that failed. */
  end(now: number): void {
    this.#trace.flushLogs(Number.POSITIVE_INFINITY)
    this.print(now)
    for (const step of this.#waiting.keys()) this.#show(step)
    this.#write(failureTail(this.#trace, false))
  }

  #show(step: Step): void {
    const { number } = step
    if (step !== this.#current) this.#header(step)
    this.#current = step
    this.#sayWhy(step, number)
    const waiting = this.#take(step)
    for (const transfer of waiting.transfers) {
      if (this.#isWorthSaying(transfer)) this.#line(number, transferText(transfer))
    }
    if (waiting.lines.length > 0) this.#write(waiting.lines.map((line) => `#${number} ${line}\n`).join(''))
    this.#turns.shown(step)
    const ending = endText(step)
    if (ending === undefined) return
    this.#line(number, ending)
    this.#leave()
  }

  /** Why a step was not cached, once it is known: what takes long may begin before. */
  #sayWhy(step: Step, number: number): void {
    if (!step.miss || this.#explained.has(step)) return
    this.#explained.add(step)
    const why = missText(step.miss)
    if (why) this.#line(number, why)
  }

  /** Opens a block with the step's name. */
  #header(step: Step): void {
    this.#closeBlock()
    this.#line(step.number, this.#nameWidth < step.label.length ? `${cut(step.label, this.#nameWidth)}...` : step.label)
  }

  /** What concerns the whole build has the number 0. */
  #notice(message: string): void {
    this.#closeBlock()
    this.#line(0, oneLine(message))
  }

  #closeBlock(): void {
    if (this.#current) this.#line(this.#current.number, '...')
    this.#leave()
    if (this.#begun) this.#write('\n')
    this.#begun = true
  }

  #leave(): void {
    if (this.#current) this.#turns.left(this.#current)
    this.#current = undefined
  }

  /** A status is repeated when it is complete, and else only after 5 % or 5 seconds. */
  #isWorthSaying(transfer: Transfer): boolean {
    const last = this.#lastStatus.get(transfer)
    const part = last && transfer.total > 0 ? (transfer.current - last.current) / transfer.total : 0
    const due = !last || transfer.doneAt !== undefined || part >= 0.05 || transfer.updatedAt - last.at >= 5_000
    if (due) this.#lastStatus.set(transfer, { at: transfer.updatedAt, current: transfer.current })
    return due
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

  #line(number: number, text: string): void {
    this.#write(`#${number} ${text}\n`)
  }
}
