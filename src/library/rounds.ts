import type { BuildEvent, EventSink, Executed, StepId } from '../executor/index.ts'

/** Work that may have to be done again, and what is told of it: each step as it was in the end, and once. */
export interface Rounds {
  readonly events: EventSink
  /** From now on a failure may be for nothing: none is told before it is known. */
  begin(): void
  /** The work is done again. What failed is told as canceled. */
  again(): void
  /** No round follows. What failed is told. */
  over(): void
  /** Whether a round of before ran a step to its end. */
  ran(step: StepId): boolean
  /** What the last round gave, with the steps that an earlier one ran as not cached. */
  counted(executed: Executed): Executed
}

type Failed = Extract<BuildEvent, { readonly type: 'step:error' }>

/**
 * A second round finds in the store what the first one made, and says so as if it had been there. A step that was cached, and whose
 * layer could not be had, begins anew.
 */
export function openRounds(sink: EventSink): Rounds {
  const labels = new Map<StepId, string>()
  /** The shared cache that a step was found in; undefined for the store, and for one that is done. */
  const ended = new Map<StepId, string | undefined>()
  const missed = new Set<StepId>()
  const ran = new Set<StepId>()
  const reopened = new Set<StepId>()
  let failed: Failed[] = []
  let round = 0
  const told = (event: BuildEvent) => {
    if (event.type === 'step:start' || event.type === 'step:cached') labels.set(event.step, event.label)
    if (event.type === 'step:miss') missed.add(event.step)
    if (event.type === 'step:cached') ended.set(event.step, event.source)
    if (event.type === 'step:done') {
      ended.set(event.step, undefined)
      if (missed.has(event.step)) ran.add(event.step)
    }
    sink(event)
  }
  const reopen = ({ step, at }: { readonly step: StepId; readonly at: number }) => {
    if (!ended.delete(step)) return
    reopened.add(step)
    sink({ type: 'step:start', at, step, label: labels.get(step) ?? step, makes: true })
  }
  const toldAgain = (event: BuildEvent) => {
    if (!('step' in event)) {
      if (!toldOnce.has(event.type)) told(event)
      return
    }
    if (event.type === 'step:miss') reopen(event)
    if (event.type === 'step:start' && event.makes) {
      if (reopened.delete(event.step)) return
      ended.delete(event.step)
    }
    if (event.type === 'step:cached' && isElsewhere(ended.get(event.step), event)) ended.delete(event.step)
    if (!ended.has(event.step)) told(event)
  }
  return {
    events(event) {
      if (round > 0 && event.type === 'step:error') failed.push(event)
      else if (round > 1) toldAgain(event)
      else told(event)
    },
    begin() {
      round = 1
    },
    again() {
      for (const { at, step } of failed) if (!ended.has(step)) sink({ type: 'step:canceled', at, step })
      failed = []
      round++
    },
    over() {
      round = 0
      for (const event of failed) {
        reopen(event)
        sink(event)
      }
      failed = []
    },
    ran: (step) => ran.has(step),
    counted(executed) {
      const { results, steps } = executed
      const again = [...results].filter(([id, { cached }]) => cached && ran.has(id)).length
      return { ...executed, steps: { ...steps, cached: steps.cached - again } }
    },
  }
}

/** Whether a step that was in one shared cache is in another now, which the first has lost. */
function isElsewhere(before: string | undefined, { source }: { readonly source?: string }): boolean {
  return before !== undefined && source !== undefined && before !== source
}

/** Of the whole build. */
const toldOnce: ReadonlySet<BuildEvent['type']> = new Set(['build:graph', 'warnings'])
