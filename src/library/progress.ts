import type { EventSink, StepId } from '../executor/index.ts'

/** Lets the views see work that is no op of the graph: `[internal] load build definition`, `exporting to image`. */
export interface Progress {
  /** @param over work that fails after it was aborted was called off */
  step<T>(name: string, label: string, work: (report: Report) => Promise<T>, over?: AbortSignal): Promise<T>
}

/** Says how far a part of a step is, as often as it likes; `done` ends the part. */
export type Report = (label: string, current: number, total?: number, done?: true) => void

/** Milliseconds between two events of one part, but for its end: nobody sees more, and each piece of a transfer reports. */
export const pace = 100

/** Sends what happens to `events`, with times from `now` (milliseconds since 1970). */
export function progressTo(events: EventSink, now: () => number): Progress {
  return {
    async step(name, label, work, over) {
      const step: StepId = `internal:${name}`
      const started = now()
      events({ type: 'step:start', at: started, step, label })
      const told = new Map<string, number>()
      const report: Report = (part, current, total, done) => {
        const at = now()
        if (!done && at - (told.get(part) ?? Number.NEGATIVE_INFINITY) < pace) return
        told.set(part, at)
        events({
          type: 'step:progress',
          at,
          step,
          label: part,
          current,
          ...(total !== undefined && { total }),
          ...(done && { done }),
        })
      }
      try {
        const result = await work(report)
        events({ type: 'step:done', at: now(), step, milliseconds: now() - started })
        return result
      } catch (error) {
        if (over?.aborted) {
          events({ type: 'step:canceled', at: now(), step })
          throw error
        }
        const message = error instanceof Error ? error.message : String(error)
        events({ type: 'step:error', at: now(), step, message })
        throw error
      }
    },
  }
}
