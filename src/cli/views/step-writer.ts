import { cut, keepColours, stripControls } from '../../text/index.ts'
import { failureTail } from './failure-tail.ts'
import type { Fold } from './fold.ts'
import { endText, missText, transferText } from './plain-text.ts'
import { oneLine, type Step, type Transfer } from './step.ts'
import type { LogLine } from './step-log.ts'
import type { Trace } from './trace.ts'

/** How steps are written. */
export interface Look {
  /** Columns of a step's name; absent: all of it. */
  readonly nameWidth?: number | undefined
  /** Colours of what steps print stay. */
  readonly colours?: boolean
  /** Tells a CI runner which lines belong together. */
  readonly fold?: Fold | undefined
}

/** Writes steps in BuildKit's shape: each line begins with the number of its step. */
export class StepWriter {
  readonly #explained = new Set<Step>()
  readonly #lastStatus = new Map<Transfer, { readonly at: number; readonly current: number }>()
  readonly #write: (text: string) => void
  readonly #look: Look
  readonly #clean: (text: string) => string
  #current: Step | undefined
  #begun = false

  /** @param write gets whole lines, each with its line feed */
  constructor(write: (text: string) => void, look: Look = {}) {
    this.#write = write
    this.#look = look
    this.#clean = look.colours ? keepColours : stripControls
  }

  /** The step whose block is open. */
  get current(): Step | undefined {
    return this.#current
  }

  /** A line of output as it is shown, without the number of its step. */
  logText(line: LogLine): string {
    return `${line.time} ${this.#clean(line.text)}`.trimEnd()
  }

  /** Opens the step's block unless it is open, and writes what it has to say. A step that has ended closes its block. */
  show(step: Step, transfers: Iterable<Transfer>, lines: Iterable<readonly string[]>): void {
    const { number } = step
    if (step !== this.#current) this.#header(step)
    this.#current = step
    this.#sayWhy(step, number)
    for (const transfer of transfers) {
      if (this.#isWorthSaying(transfer)) this.#line(number, transferText(transfer))
    }
    for (const some of lines) {
      if (some.length > 0) this.#write(some.map((line) => `#${number} ${line}\n`).join(''))
    }
    const ending = endText(step)
    if (ending === undefined) return
    this.#line(number, ending)
    this.#close()
  }

  /** What concerns the whole build has the number 0. */
  notice(message: string): void {
    this.#leave()
    this.#line(0, oneLine(message))
  }

  /** The last output of steps that failed. */
  end(trace: Trace): void {
    this.#look.fold?.close()
    this.#write(failureTail(trace, this.#look.colours === true))
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
    const { number } = step
    const { nameWidth = Number.POSITIVE_INFINITY, fold } = this.#look
    this.#leave()
    const name = nameWidth < step.label.length ? `${cut(step.label, nameWidth)}...` : step.label
    if (isLong(step)) fold?.open(`#${number} ${name}`)
    this.#line(number, name)
  }

  /** Goes to another block: a step that goes on later says so. */
  #leave(): void {
    if (this.#current) this.#line(this.#current.number, '...')
    this.#close()
    if (this.#begun) this.#write('\n')
    this.#begun = true
  }

  #close(): void {
    if (this.#current) this.#look.fold?.close()
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

  #line(number: number, text: string): void {
    this.#write(`#${number} ${text}\n`)
  }
}

/** What is worth folding: not what is over at once. */
function isLong({ id, outcome }: Step): boolean {
  return outcome !== 'cached' && !id.startsWith('internal:')
}
