import type { FailedStep } from '../debug-options.ts'
import { TsbuildError } from '../errors.ts'
import { type FailedRun, layerForm, readRights } from '../executor/index.ts'
import { type BuildOrigin, type HeldRun, type KeptRun, keepRun, keptLayer } from '../kept/index.ts'
import type { BuildOptions, Environment } from '../options.ts'
import { howOf } from './debugging.ts'
import { enterPlace, type Place, shellOf } from './enter.ts'
import type { Session } from './session.ts'

/**
 * Keeps what a failed RUN left. That it cannot be kept is said, and no error beside the one there is.
 * @param hushed the same text without secrets
 */
export async function keepFailedRun(
  { run, error, take }: FailedRun,
  options: BuildOptions,
  { store, cache }: Session,
  environment: Environment,
  build: BuildOrigin,
  hushed: (text: string) => string,
): Promise<HeldRun | undefined> {
  const { now } = environment
  const { code, message } = error
  const what = {
    kind: 'failed',
    created: now(),
    build,
    // Its command is never run again.
    run: { ...run, label: hushed(run.label), op: { ...run.op, argv: run.op.argv.map(hushed) } },
    how: howOf(options, environment),
    error: { code, message: hushed(message) },
  } as const
  try {
    return await keepRun(what, take, store, cache)
  } catch (problem) {
    if (!(problem instanceof Error)) throw problem
    options.onEvent?.({
      type: 'notice',
      at: now(),
      message: `the files of the failed step are not kept: ${problem.message}`,
    })
    return undefined
  }
}

/** What the error of the step says is to be done next. */
export const nextStep = 'tsbuild shell opens a shell in its files as they were, tsbuild ls and cat look at them'

/** Lets who asked for it look at what was kept, and is held, while the build waits. What that comes to is not what the build comes to. */
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
      enterPlace(placeOfKept(kept, session), command, { io, ...options }, session, environment),
  }
  try {
    await onFailedStep(step)
  } catch (error) {
    if (!(error instanceof TsbuildError)) throw error
    options.onEvent?.({ type: 'notice', at: environment.now(), message: `in the failed step: ${error.message}` })
  }
}

/** Where what was kept can be gone on from. */
export function placeOfKept(kept: KeptRun, { store, cache }: Session): Place {
  const { marks } = layerForm(readRights())
  return { run: kept.run, how: kept.how, above: [keptLayer(kept, store.root, marks, cache.layers)] }
}
