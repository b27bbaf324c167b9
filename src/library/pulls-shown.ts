import type { EventSink, StepId } from '../executor/index.ts'
import type { Descriptor } from '../image/index.ts'
import { pace } from './progress.ts'

/** Lets the views see what a build fetches of its base images, which happens when a step first reads it. */
export interface PullsShown {
  /** How many bytes of a blob have come. */
  readonly onBytes: (descriptor: Descriptor, received: number) => void
  /** The build is over: what did not come to its end is not waited for any more. */
  readonly end: () => void
}

interface Pull {
  readonly started: number
  told: number
  done: boolean
}

/** Each blob is a step of its own, from its first byte to its last. @param now milliseconds since 1970 */
export function showPulls(events: EventSink, now: () => number): PullsShown {
  const pulls = new Map<StepId, Pull>()
  return {
    onBytes({ digest, size }, received) {
      const step: StepId = `internal:pull ${digest}`
      const at = now()
      const known = pulls.get(step)
      const pull = known ?? { started: at, told: Number.NEGATIVE_INFINITY, done: false }
      const isAll = received >= size
      if (pull.done || (!isAll && at - pull.told < pace)) return
      if (!known) events({ type: 'step:start', at, step, label: `[internal] pull ${digest}` })
      pulls.set(step, Object.assign(pull, { told: at, done: isAll }))
      const progress = { type: 'step:progress', at, step, label: digest, current: received, total: size } as const
      events(isAll ? { ...progress, done: true } : progress)
      if (isAll) events({ type: 'step:done', at, step, milliseconds: at - pull.started })
    },
    end() {
      for (const [step, { done }] of pulls) if (!done) events({ type: 'step:canceled', at: now(), step })
      pulls.clear()
    },
  }
}
