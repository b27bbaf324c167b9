import type { Step } from './step.ts'

/** About how long a step that is alone with its output holds the view, before another one may have it. Milliseconds. */
const turn = 5_000
/** No step that has something to say stays hidden for longer. Milliseconds. */
const longestWait = 10_000

/** Which step is shown next when several run: a fair share for each, by how much they have to say. */
export class Turns {
  readonly #touched = new Set<Step>()
  /** Since when a step has had something to say, and how often it said something. */
  readonly #activity = new Map<Step, { readonly since: number; count: number }>()

  /** The step changed. */
  touch(step: Step, at: number): void {
    this.#touched.add(step)
    const activity = this.#activity.get(step) ?? { since: at, count: 0 }
    activity.count++
    this.#activity.set(step, activity)
  }

  /** All that the step had to say has been said. */
  shown(step: Step): void {
    this.#touched.delete(step)
  }

  /** The step has lost the view. */
  left(step: Step): void {
    this.#activity.delete(step)
  }

  /** The steps that have ended and were not shown since: the one in view first, then in the order they ended. */
  ended(current: Step | undefined): readonly Step[] {
    const ended = [...this.#touched].filter((step) => step.outcome !== undefined)
    return ended.sort((a, b) => rank(a, current) - rank(b, current))
  }

  /** The running step to show; undefined when nothing is to be said. `running`: all of them, in the order they began. */
  next(current: Step | undefined, running: readonly Step[], now: number): Step | undefined {
    const waiting = running.filter((step) => this.#touched.has(step))
    if (!current) return this.#busiest(waiting, now) ?? running[0]
    const hidden = waiting.filter((step) => step !== current)
    const overdue = hidden.find((step) => this.#since(step, now) > longestWait)
    if (overdue) return overdue
    const busiest = this.#busiest(hidden, now)
    if (busiest && this.#turnIsOver(current, hidden, now)) return busiest
    return this.#touched.has(current) ? current : undefined
  }

  #turnIsOver(current: Step, hidden: readonly Step[], now: number): boolean {
    const others = hidden.reduce((sum, step) => sum + this.#speed(step, now), 0)
    const own = this.#speed(current, now)
    const share = own === 0 ? 0 : own / (own + others)
    return this.#since(current, now) > turn / (1 - Math.min(share, 0.99))
  }

  #busiest(steps: readonly Step[], now: number): Step | undefined {
    return steps.reduce<Step | undefined>(
      (best, step) => (best && this.#speed(best, now) >= this.#speed(step, now) ? best : step),
      undefined,
    )
  }

  #since(step: Step, now: number): number {
    return now - (this.#activity.get(step)?.since ?? now)
  }

  #speed(step: Step, now: number): number {
    return (this.#activity.get(step)?.count ?? 0) / Math.max(1, this.#since(step, now))
  }
}

function rank(step: Step, current: Step | undefined): number {
  return step === current ? 0 : (step.endedAt ?? 0)
}
