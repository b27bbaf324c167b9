import { TsbuildError } from '../errors.ts'
import type { OpId, RunOp } from '../graph/index.ts'
import {
  type KeptRun,
  type LastStep,
  type LastSteps,
  layersAfter,
  listKept,
  nearestRun,
  readLastSteps,
  sweepKept,
  usingKept,
} from '../kept/index.ts'
import type { Environment } from '../options.ts'
import type { Place } from './enter.ts'
import { placeOfKept } from './failed-step.ts'
import type { Session } from './session.ts'

/** A step that somebody wants to look into. */
export interface FoundStep extends Place {
  readonly label: string
  /** It failed, and its files are as they were then. */
  readonly failed: boolean
  /** What is kept of one that failed. */
  readonly kept?: KeptRun
}

/**
 * Does something with a step; what is kept of one that failed stays meanwhile.
 * @param wanted as `StepOptions.step` has it
 * @throws {TsbuildError} TSB_STEP_NOT_FOUND, TSB_STEP_AMBIGUOUS, TSB_KEPT_GONE
 */
export async function withStep<T>(
  wanted: string | undefined,
  session: Session,
  { now }: Environment,
  work: (step: FoundStep) => Promise<T>,
): Promise<T> {
  const { root } = session.store
  await sweepKept(session.store, now())
  const failed = listKept(root).filter(({ kind }) => kind === 'failed')
  if (wanted === undefined) {
    const [newest] = failed
    if (!newest) throw noneFailed(readLastSteps(root))
    return usingKept(root, newest.id, () => work(stepOfKept(newest, session)))
  }
  const last = readLastSteps(root)
  const found = findStep(wanted, last, failed)
  if ('kind' in found) return usingKept(root, found.id, () => work(stepOfKept(found, session)))
  return work(stepAfter(found, last ?? nothing))
}

const nothing: LastSteps = { steps: [], bases: {}, how: {} }

function stepOfKept(kept: KeptRun, session: Session): FoundStep {
  return { ...placeOfKept(kept, session), label: kept.run.label, failed: true, kept }
}

/** The files after a step that was done, with the surroundings of the RUN that it is or that is next to it. */
function stepAfter(step: LastStep, last: LastSteps): FoundStep {
  const like = nearestRun(step, last)
  const emulates = like?.emulates
  const op: RunOp = { ...(like?.run ?? plainRun), onto: step.id }
  const inputs = { [step.id]: { kind: 'snapshot', layers: layersAfter(step, last) } } as const
  const run = { label: step.label, op, inputs, ...(emulates && { emulates }) }
  return { label: step.label, failed: false, run, how: last.how, above: [] }
}

/** Where no step says how commands run. */
const plainRun: RunOp = {
  kind: 'run',
  onto: '' as OpId,
  argv: ['/bin/sh'],
  env: ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'],
  cwd: '/',
  user: '',
  network: 'default',
  security: 'sandbox',
  mounts: [],
  scripts: [],
  platform: { os: 'linux', architecture: '' },
  limits: {},
}

/** Those of the newest build come first; what failed earlier counts where it has no such step. */
function findStep(wanted: string, last: LastSteps | undefined, failed: readonly KeptRun[]): LastStep | KeptRun {
  const steps: readonly (LastStep | KeptRun)[] = [...(last?.steps ?? []), ...failed.slice(0, 1)]
  for (const isMeant of [isId, isPlace, isPart]) {
    const found = steps.filter((step) => isMeant(step, wanted))
    const [first] = found
    if (first && found.length === 1) return first
    if (found.length > 1) throw ambiguous(wanted, found.map(placeOfLabel))
  }
  throw new TsbuildError('TSB_STEP_NOT_FOUND', `no step of the last build is ${JSON.stringify(wanted)}`, {
    hint:
      steps.length > 0 ? `it has ${steps.map(placeOfLabel).join(', ')}` : 'nothing was built yet, or nothing has steps',
  })
}

function labelOf(step: LastStep | KeptRun): string {
  return 'kind' in step ? step.run.label : step.label
}

function isId(step: LastStep | KeptRun, wanted: string): boolean {
  const hex = wanted.replace(/^sha256:/, '')
  const id = 'kind' in step ? step.id : step.id.slice('sha256:'.length)
  return /^[0-9a-f]{6,}$/.test(hex) && id.startsWith(hex)
}

/** `2/5` of `[build 2/5] RUN make`, or all that is in the brackets. */
function isPlace(step: LastStep | KeptRun, wanted: string): boolean {
  const place = /^\[(.*?)\]/.exec(labelOf(step))?.[1] ?? ''
  return place === wanted || place.endsWith(` ${wanted}`)
}

function isPart(step: LastStep | KeptRun, wanted: string): boolean {
  return labelOf(step).includes(wanted)
}

/** `[build 2/5] RUN make` without its end, when it is long. */
function placeOfLabel(step: LastStep | KeptRun): string {
  const label = labelOf(step)
  return label.length > 60 ? `${label.slice(0, 59)}…` : label
}

function ambiguous(wanted: string, labels: readonly string[]): TsbuildError {
  return new TsbuildError('TSB_STEP_AMBIGUOUS', `several steps are ${JSON.stringify(wanted)}: ${labels.join(', ')}`, {
    hint: 'write what stands in the brackets of one',
  })
}

function noneFailed(last: LastSteps | undefined): TsbuildError {
  const steps = last?.steps.map(placeOfLabel) ?? []
  return new TsbuildError('TSB_STEP_NOT_FOUND', 'no step has failed in the last hour', {
    hint: steps.length > 0 ? `name a step of the last build: ${steps.join(', ')}` : 'build something first',
  })
}
