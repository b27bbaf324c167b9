import { readBuild } from '../builds/index.ts'
import type { StepOptions } from '../debug-options.ts'
import { TsbuildError } from '../errors.ts'
import type { OpId, RunOp } from '../graph/index.ts'
import {
  type BuildOrigin,
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
import { isHere } from './here.ts'
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
 * Does something with a step of this folder, and says of which build it is; what is kept of one that failed stays meanwhile.
 * @throws {TsbuildError} TSB_STEP_NOT_FOUND, TSB_STEP_AMBIGUOUS, TSB_KEPT_GONE
 */
export async function withStep<T>(
  { step: wanted, onEvent }: Pick<StepOptions, 'step' | 'onEvent'>,
  session: Session,
  { now, cwd }: Environment,
  work: (step: FoundStep) => Promise<T>,
): Promise<T> {
  const { root } = session.store
  await sweepKept(session.store, now())
  const noted: Noted = {
    last: readLastSteps(root),
    failed: listKept(root).filter(({ kind }) => kind === 'failed'),
    cwd,
  }
  const found = wanted === undefined ? newestFailed(noted) : await findStep(wanted, noted, root)
  const say = (build: BuildOrigin | undefined) =>
    onEvent?.({ type: 'notice', at: now(), message: saidOf(found, build, cwd) })
  if ('kind' in found) {
    return usingKept(root, found.id, () => {
      say(found.build)
      return work(stepOfKept(found, session))
    })
  }
  const last = noted.last ?? nothing
  say(last.build)
  return work(stepAfter(found, last))
}

/** What a store has of steps, of all folders. */
interface Noted {
  readonly last: LastSteps | undefined
  /** Newest first. */
  readonly failed: readonly KeptRun[]
  readonly cwd: string
}

const nothing: LastSteps = { build: { directory: '', context: '' }, steps: [], bases: {}, how: {} }

/** What of it is of builds of this folder. */
function ofFolder({ last, failed, cwd }: Noted): Pick<Noted, 'last' | 'failed'> {
  return {
    last: last && isHere(last.build, cwd) ? last : undefined,
    failed: failed.filter(({ build }) => build && isHere(build, cwd)),
  }
}

/** `build 7: [4/5] RUN make (failed)` */
function saidOf(step: LastStep | KeptRun, build: BuildOrigin | undefined, cwd: string): string {
  return `${nameOf(build, cwd)}: ${labelOf(step)}${'kind' in step ? ' (failed)' : ''}`
}

/** With its folder where that is another one. */
function nameOf(build: BuildOrigin | undefined, cwd: string): string {
  const name = build?.number === undefined ? 'a build' : `build ${build.number}`
  return !build || isHere(build, cwd) ? name : `${name} of ${build.directory}`
}

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

function newestFailed(noted: Noted): KeptRun {
  const here = ofFolder(noted)
  const [newest] = here.failed
  if (newest) return newest
  const steps = here.last?.steps.map(placeOfLabel) ?? []
  const none = `no step of a build of ${noted.cwd} has failed in the last hour`
  throw new TsbuildError('TSB_STEP_NOT_FOUND', none, {
    hint:
      elsewhere(noted.failed, noted) ??
      (steps.length > 0 ? `name a step of the last build: ${steps.join(', ')}` : 'build something first'),
  })
}

/** Those of the newest build of this folder come first; by an id steps of other folders are found too. */
async function findStep(wanted: string, noted: Noted, root: string): Promise<LastStep | KeptRun> {
  const { last, failed } = ofFolder(noted)
  const done = last?.steps ?? []
  // One that was mended and done since counts as what it is now.
  const broken = failed.slice(0, 1).filter(({ run }) => !done.some(({ id }) => id === run.step))
  const steps: readonly (LastStep | KeptRun)[] = [...done, ...broken]
  const named = (await numbered(wanted, last?.build ?? failed[0]?.build, root)) ?? wanted
  for (const isMeant of [isId, isPlace, isPart]) {
    const found = steps.filter((step) => isMeant(step, named))
    const [first] = found
    if (first && found.length === 1) return first
    if (found.length > 1) throw ambiguous(wanted, found.map(placeOfLabel))
  }
  const all = [...noted.failed, ...(noted.last?.steps ?? [])]
  const other = all.find((step) => isId(step, named))
  if (other) return other
  throw new TsbuildError(
    'TSB_STEP_NOT_FOUND',
    `no step of the last build of ${noted.cwd} is ${JSON.stringify(wanted)}`,
    {
      hint:
        steps.length > 0
          ? `it has ${steps.map(placeOfLabel).join(', ')}`
          : (elsewhere(all, noted) ?? 'nothing was built yet, or nothing has steps'),
    },
  )
}

/** How to come to what another folder has, where this one has nothing. */
function elsewhere([newest]: readonly (LastStep | KeptRun)[], { last, cwd }: Noted): string | undefined {
  if (!newest) return undefined
  const build = 'kind' in newest ? newest.build : last?.build
  const id = newest.id.replace(/^sha256:/, '').slice(0, 12)
  return `${nameOf(build, cwd)} has ${placeOfLabel(newest)}: name it by its id, ${id}`
}

/** The id of a step by the number that its build gave it. */
async function numbered(wanted: string, build: BuildOrigin | undefined, root: string): Promise<string | undefined> {
  const number = /^#?(\d{1,5})$/.exec(wanted)?.[1]
  const record = number === undefined || build?.number === undefined ? undefined : await readBuild(root, build.number)
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
