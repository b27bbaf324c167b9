import type { BuildExplanation, StepExplanation } from '../../index.ts'
import { reasonJson, reasonText } from '../../reason-text.ts'

/** The explanation for programs. Fields are added, never renamed. */
export function whyJson({ build, steps }: BuildExplanation): object {
  const { number, id, name, status, started, context, error } = build
  return { build: { number, id, name, status, started, context, ...(error && { error }) }, steps: steps.map(stepJson) }
}

function stepJson({ step, earlier, cause, advice }: StepExplanation): object {
  const { number, id, label, outcome, started, completed, saved, reason } = step
  return {
    number,
    id,
    label,
    outcome,
    ...(started !== undefined && completed !== undefined && { milliseconds: completed - started }),
    ...(saved !== undefined && { saved }),
    ...(reason && { cacheReason: reasonJson(reason), why: reasonText(reason) }),
    ...(earlier && {
      earlier: {
        build: earlier.build.number,
        started: earlier.build.started,
        step: earlier.step.number,
        label: earlier.step.label,
        ...(earlier.step.key && { key: earlier.step.key }),
        ...(earlier.differs && { differs: earlier.differs }),
      },
    }),
    ...(cause && { cause: { step: cause.number, label: cause.label } }),
    advice,
  }
}
