import type { FailedStep } from '../debug-options.ts'
import { TsbuildError } from '../errors.ts'
import { type FailedRun, layerForm, readRights } from '../executor/index.ts'
import { type KeptRun, keepRun, keptLayer, usingKept } from '../kept/index.ts'
import type { BuildOptions, Environment } from '../options.ts'
import { howOf } from './debugging.ts'
import { enterPlace, type Place, shellOf } from './enter.ts'
import type { Session } from './session.ts'

export { sweepKept } from '../kept/index.ts'

/** Keeps what a failed RUN left. That it cannot be kept is said, and no error beside the one there is. */
export async function keepFailedRun(
  { run, error, take }: FailedRun,
  options: BuildOptions,
  { store, cache }: Session,
  environment: Environment,
): Promise<KeptRun | undefined> {
  const { now } = environment
  const { code, message } = error
  const what = {
    kind: 'failed',
    created: now(),
    run,
    how: howOf(options, environment),
    error: { code, message },
  } as const
  try {
    return await keepRun(what, take, store, cache)
  } catch (problem) {
    if (!(problem instanceof Error)) throw problem
    const why = problem instanceof TsbuildError ? problem.message : `${problem.message}`
    options.onEvent?.({ type: 'notice', at: now(), message: `the files of the failed step are not kept: ${why}` })
    return undefined
  }
}

/** What the error of the step says is to be done next. */
export const nextStep = 'tsbuild shell opens a shell in its files as they were, tsbuild ls and cat look at them'

/** Lets who asked for it look at what was kept, while the build waits. What that comes to is not what the build comes to. */
export async function showFailed(
  kept: KeptRun,
  options: BuildOptions,
  session: Session,
  environment: Environment,
): Promise<void> {
  const { onFailedStep, errorOutputs = [] } = options
  if (errorOutputs.length > 0) {
    const { writeErrorOutputs } = await import('./error-outputs.ts')
    await writeErrorOutputs(kept, errorOutputs, options, session, environment)
  }
  if (!onFailedStep) return
  const step: FailedStep = {
    label: kept.run.label,
    code: kept.error?.code ?? '',
    message: kept.error?.message ?? '',
    enter: (io, command = shellOf(kept.run)) =>
      usingKept(session.store.root, kept.id, () =>
        enterPlace(placeOfKept(kept, session), command, { io, ...options }, session, environment),
      ),
  }
  await onFailedStep(step)
}

/** Where what was kept can be gone on from. */
export function placeOfKept(kept: KeptRun, { store, cache }: Session): Place {
  const { marks } = layerForm(readRights())
  return { run: kept.run, how: kept.how, above: [keptLayer(kept, store.root, marks, cache.layers)] }
}
