import type { BuildEvent, MissReason, StepId } from '../../index.ts'
import { noteTransfer, oneLine, type Step, type Transfer } from './step.ts'
import { type LogLine, type StepLog, stepLog } from './step-log.ts'

type EventOf<T extends BuildEvent['type']> = Extract<BuildEvent, { readonly type: T }>

/** What a view is told while events are folded in. */
export interface TraceListener {
  readonly line?: (step: Step, line: LogLine) => void
  readonly transfer?: (step: Step, transfer: Transfer) => void
  readonly notice?: (message: string, isSerious: boolean) => void
}

/** How many lines of output are kept for the report of a failure. */
const keptLines = 10

/** The steps of a build in the order in which they began: events folded into a state that views draw. */
export class Trace {
  /** What `build:start` announced. */
  total = 0
  /** Labels of all steps that there will be. */
  readonly graph = new Set<string>()
  startedAt: number | undefined
  endedAt: number | undefined
  readonly #steps = new Map<StepId, Step>()
  readonly #logs = new Map<StepId, StepLog>()
  readonly #misses = new Map<StepId, MissReason>()
  readonly #listener: TraceListener

  constructor(listener: TraceListener = {}) {
    this.#listener = listener
  }

  get steps(): Iterable<Step> {
    return this.#steps.values()
  }

  log(step: Step): StepLog | undefined {
    return this.#logs.get(step.id)
  }

  /** Returns the step that changed. */
  apply(event: BuildEvent): Step | undefined {
    this.startedAt ??= event.at
    const fold = this.#folds[event.type] as (event: BuildEvent) => Step | undefined
    return fold(event)
  }

  /** Steps that have begun and not ended, in the order in which they began. */
  get running(): readonly Step[] {
    return [...this.#steps.values()].filter((step) => step.outcome === undefined)
  }

  /** Output that has waited for the end of its line since before this time becomes a line as it is. */
  flushLogs(before: number): void {
    for (const step of this.running) this.#logs.get(step.id)?.flush(before)
  }

  readonly #folds: { readonly [T in BuildEvent['type']]: (event: EventOf<T>) => Step | undefined } = {
    'build:start': (event) => {
      this.total = event.steps
      return undefined
    },
    'build:graph': ({ steps }) => {
      for (const { label } of steps) this.graph.add(oneLine(label))
      return undefined
    },
    'build:done': (event) => {
      this.endedAt = event.at
      return undefined
    },
    notice: (event) => {
      this.#listener.notice?.(event.message, event.serious === true)
      return undefined
    },
    // Shown when all is over, by whoever closes the view.
    warnings: () => undefined,
    'step:start': (event) => this.#begin(event),
    'step:cached': (event) => {
      this.#begin(event)
      return this.#end(event, { outcome: 'cached', ...(event.source && { source: event.source }) })
    },
    'step:done': (event) => this.#end(event, { outcome: 'done', milliseconds: event.milliseconds }),
    'step:error': (event) => this.#end(event, { outcome: 'error', error: event.message }),
    'step:canceled': (event) => this.#end(event, { outcome: 'canceled' }),
    'step:miss': (event) => {
      this.#misses.set(event.step, event.reason)
      const step = this.#steps.get(event.step)
      // Of one that is over it is said when it begins anew.
      if (!step || step.outcome !== undefined) return undefined
      step.miss = event.reason
      return step
    },
    'step:log': (event) => {
      this.#logs.get(event.step)?.push(event.stream, event.bytes, event.at)
      return this.#steps.get(event.step)
    },
    'step:progress': (event) => {
      const step = this.#steps.get(event.step)
      if (!step) return undefined
      const transfer = noteTransfer(step, event)
      this.#listener.transfer?.(step, transfer)
      return step
    },
  }

  #begin(event: EventOf<'step:start' | 'step:cached'>): Step {
    const known = this.#steps.get(event.step)
    if (known && !beginsAnew(known, event)) return known
    const miss = this.#misses.get(event.step)
    const step: Step = {
      id: event.step,
      number: known?.number ?? this.#steps.size + 1,
      label: oneLine(event.label),
      startedAt: event.at,
      transfers: new Map(),
      ...(miss && { miss }),
    }
    this.#steps.set(step.id, step)
    const { line: told } = this.#listener
    const onLine = told && ((line: LogLine) => told(step, line))
    this.#logs.set(step.id, stepLog(event.at, keptLines, onLine))
    return step
  }

  #end(event: EventOf<'step:done' | 'step:cached' | 'step:error' | 'step:canceled'>, ending: Partial<Step>) {
    const step = this.#steps.get(event.step)
    if (!step || step.outcome) return undefined
    this.#logs.get(step.id)?.flush(Number.POSITIVE_INFINITY)
    return Object.assign(step, ending, { endedAt: event.at })
  }
}

/** When a shared cache fails, what failed with it may begin once more, and so may a step whose layer that cache had. */
function beginsAnew({ outcome, source }: Step, event: EventOf<'step:start' | 'step:cached'>): boolean {
  if (outcome === 'error' || outcome === 'canceled') return true
  if (event.type === 'step:cached') return outcome === 'cached' && event.source !== source
  return outcome !== undefined && event.makes === true
}
