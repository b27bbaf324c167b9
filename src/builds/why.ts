import { type Advice, adviceFor } from './advice.ts'
import { atPlace } from './compare.ts'
import { type BuildDifference, type EarlierBuild, earlierBuilds } from './earlier.ts'
import type { BuildRecord, StepRecord } from './record.ts'

/** Why the steps of a build ran. */
export interface BuildExplanation {
  readonly build: BuildRecord
  readonly steps: readonly StepExplanation[]
}

/** Why a step ran, or that it did not. */
export interface StepExplanation {
  /** Its `reason` has each part of the key that differs from the nearest record there was. */
  readonly step: StepRecord
  /**
   * The last build before this one that had the same step, or another one at its place. `differs`: there is none of the same
   * Dockerfile, target and platforms, and in these this one is another.
   */
  readonly earlier?: {
    readonly build: BuildRecord
    readonly step: StepRecord
    readonly differs?: readonly BuildDifference[]
  }
  /** The step below for which this one had to run. Its `reason` is of the build in which it did, when that was an earlier one. */
  readonly cause?: StepRecord
  readonly advice: readonly Advice[]
}

/**
 * Explains steps of a build by what was written down of it and of those before it.
 * @param builds all that are known
 * @param steps absent: all that ran though they could have been found
 */
export function explainBuild(
  build: BuildRecord,
  builds: readonly BuildRecord[],
  steps: readonly StepRecord[] = build.steps.filter(({ reason }) => reason),
): BuildExplanation {
  const before = earlierBuilds(build, builds)
  return { build, steps: steps.map((step) => explainStep(step, build, before)) }
}

function explainStep(step: StepRecord, build: BuildRecord, before: readonly EarlierBuild[]): StepExplanation {
  const cause = causeOf(step, build, before)
  const earlier = earlierOf(step, before)
  return { step, ...(earlier && { earlier }), ...(cause && { cause }), advice: adviceFor(step, cause, build) }
}

/** One that was in the cache is told of as it was when it ran. */
function causeOf(
  { reason }: StepRecord,
  { steps }: BuildRecord,
  before: readonly EarlierBuild[],
): StepRecord | undefined {
  if (reason?.kind !== 'changed') return undefined
  const below = reason.changes.find((change) => change.kind === 'step')
  const cause = steps.find(({ id }) => id === below?.step)
  if (!cause || cause.reason) return cause
  const [ran] = before
    .flatMap(({ build }) => build.steps)
    .filter(({ id, key, reason }) => id === cause.id && key === cause.key && reason)
  return { ...cause, ...(ran?.reason && { reason: ran.reason }) }
}

function earlierOf(step: StepRecord, before: readonly EarlierBuild[]): StepExplanation['earlier'] {
  for (const { build, differs } of before) {
    const found = build.steps.find(({ id }) => id === step.id) ?? atPlace(step, build.steps)
    if (found && (found.outcome === 'ran' || found.outcome === 'cached')) {
      return { build, step: found, ...(differs.length > 0 && { differs }) }
    }
  }
  return undefined
}
