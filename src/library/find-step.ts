import { buildNumbers, readBuild } from '../builds/index.ts'
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
  const found = findStep((await numbered(wanted, root)) ?? wanted, last, failed)
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
  const done = last?.steps ?? []
  // One that was mended and done since counts as what it is now.
  const broken = failed.slice(0, 1).filter(({ run }) => !done.some(({ id }) => id === run.step))
  const steps: readonly (LastStep | KeptRun)[] = [...done, ...broken]
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

/** The id of a step by the number that the newest build gave it. */
async function numbered(wanted: string, root: string): Promise<string | undefined> {
  const number = /^#?(\d{1,5})$/.exec(wanted)?.[1]
  const [newest] = number === undefined ? [] : buildNumbers(root)
  const record = newest === undefined ? undefined : await readBuild(root, newest)
  return record?.steps.find((step) => String(step.number) === number)?.id
}

function labelOf(step: LastStep | KeptRun): string {
  return 'kind' in step ? step.run.label : step.label
}

function isId(step: LastStep | KeptRun, wanted: string): boolean {
  const hex = wanted.replace(/^sha256:/, '')
  const ids = 'kind' in step ? [step.id, step.run.step] : [step.id]
  return /^[0-9a-f]{6,}$/.test(hex) && ids.some((id) => id?.replace(/^sha256:/, '').startsWith(hex))
}

/** `2/5` of `[build 2/5] RUN make`, or all that is in the brackets. */
function isPlace(step: LastStep | KeptRun, wanted: string): boolean {
  const place = squeezed(/^\[(.*?)\]/.exec(labelOf(step))?.[1] ?? '')
  return place === squeezed(wanted) || place.endsWith(` ${squeezed(wanted)}`)
}

function isPart(step: LastStep | KeptRun, wanted: string): boolean {
  return squeezed(labelOf(step)).toLowerCase().includes(squeezed(wanted).toLowerCase())
}

/** `[build  2/12]` is `build 2/12` to people. */
function squeezed(text: string): string {
  return text.replaceAll(/\s+/g, ' ').trim()
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
