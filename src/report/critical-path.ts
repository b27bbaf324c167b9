import type { BuildRecord, StepRecord } from '../builds/index.ts'

/** What a step waited for. */
export interface Waiting {
  /** The input that was there last. */
  readonly last: StepRecord
  /** Milliseconds from then on until it began: others had the turns. */
  readonly idle: number
}

/** For each step that began, what it waited for. */
export function waitings({ steps }: BuildRecord): ReadonlyMap<StepRecord, Waiting> {
  const byId = new Map(steps.map((step) => [step.id, step]))
  const found = new Map<StepRecord, Waiting>()
  for (const step of steps) {
    const { started } = step
    if (started === undefined) continue
    const last = latest(step.inputs.flatMap((id) => byId.get(id) ?? []))
    if (last?.completed !== undefined) found.set(step, { last, idle: Math.max(0, started - last.completed) })
  }
  return found
}

/**
 * The steps that the end of the build waited for: the last one, what it waited for, and so on. Had one of them been quicker, so
 * had the build.
 */
export function criticalPath(record: BuildRecord): ReadonlySet<StepRecord> {
  const waited = waitings(record)
  const path = new Set<StepRecord>()
  let step = latest(record.steps)
  while (step && !path.has(step)) {
    path.add(step)
    step = waited.get(step)?.last ?? before(step, record.steps)
  }
  return path
}

/** What is no op of the graph (`exporting to image`) reads no step, and comes after those that were over. */
function before({ kind, started = 0 }: StepRecord, steps: readonly StepRecord[]): StepRecord | undefined {
  return kind === 'internal'
    ? latest(steps.filter(({ completed }) => completed !== undefined && completed <= started))
    : undefined
}

function latest(steps: readonly StepRecord[]): StepRecord | undefined {
  let found: StepRecord | undefined
  for (const step of steps) {
    if (step.completed !== undefined && step.completed > (found?.completed ?? -1)) found = step
  }
  return found
}
