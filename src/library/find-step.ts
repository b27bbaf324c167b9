import { type BuildRecord, buildNumbers, isIdOf, listBuilds, type StepRecord, stepsNamed } from '../builds/index.ts'
import type { StepOptions } from '../debug-options.ts'
import { TsbuildError } from '../errors.ts'
import { type OpId, type RunOp, stepPlace } from '../graph/index.ts'
import {
  type BuildOrigin,
  type KeptRun,
  layersAfter,
  listKept,
  type NotedStep,
  type NotedSteps,
  nearestRun,
  readSteps,
  sweepKept,
  usingKept,
} from '../kept/index.ts'
import type { Environment } from '../options.ts'
import type { Place } from './enter.ts'
import { placeOfKept } from './failed-step.ts'
import { isHere, usualBuild } from './here.ts'
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
 * Does something with a step of this folder, else of the newest build of all, and says of which build it is; what is kept of
 * one that failed stays meanwhile.
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
  const known = await lookAround(root, cwd)
  const found = wanted === undefined ? failedStep(known, cwd) : namedStep(wanted, known, root, cwd)
  onEvent?.({ type: 'notice', at: now(), message: saidOf(found, known, cwd) })
  if (found.kind === 'failed') {
    return usingKept(root, found.step.id, () => work(stepOfKept(found.step, session)))
  }
  try {
    return await work(stepAfter(found.step, found.of))
  } catch (error) {
    if (!(error instanceof TsbuildError) || error.code !== 'TSB_BLOB_MISSING') throw error
    throw new TsbuildError(
      'TSB_KEPT_GONE',
      `the files after ${shortened(found.step.label)} are not in the store any more`,
      {
        cause: error,
        hint: 'tsbuild prune, or --max-used-space, took them: build again',
      },
    )
  }
}

type Found =
  | { readonly kind: 'failed'; readonly step: KeptRun }
  | { readonly kind: 'done'; readonly step: NotedStep; readonly of: NotedSteps }

/** What there is of the folder that is meant. */
interface Known {
  readonly folder: string
  /** The newest. */
  readonly last: BuildRecord | undefined
  /** Of the newest that has any. */
  readonly noted: NotedSteps | undefined
  /** What its record calls all of its steps. */
  readonly called: readonly Pick<StepRecord, 'id' | 'number' | 'label'>[]
  /** Newest first. */
  readonly failed: readonly KeptRun[]
}

async function lookAround(root: string, cwd: string): Promise<Known> {
  const records = await listBuilds(root)
  const kept = listKept(root).filter(({ kind }) => kind === 'failed')
  const origins: readonly BuildOrigin[] = [...records, ...kept.flatMap(({ build }) => build ?? [])]
  const usual = usualBuild(origins, cwd)
  const folder = usual && !isHere(usual, cwd) ? usual.directory : cwd
  const builds = records.filter((build) => isHere(build, folder))
  const noted = firstOf(builds, ({ number }) => withSteps(readSteps(root, number)))
  const failed = kept.filter(({ build }) => build && isHere(build, folder))
  const named = noted?.build.number ?? failed[0]?.build?.number
  const called = builds.find(({ number }) => number === named)?.steps ?? []
  return { folder, last: builds[0], noted, failed, called }
}

function firstOf<T, U>(all: Iterable<T>, look: (one: T) => U | undefined): U | undefined {
  for (const one of all) {
    const found = look(one)
    if (found !== undefined) return found
  }
  return undefined
}

function withSteps(noted: NotedSteps | undefined): NotedSteps | undefined {
  return noted && noted.steps.length > 0 ? noted : undefined
}

/** `build 7: [4/5] RUN make (failed)` */
function saidOf(found: Found, { last }: Known, cwd: string): string {
  if (found.kind === 'done') return `${nameOf(found.of.build, cwd)}: ${found.step.label}`
  const { build, run } = found.step
  const since =
    last?.status === 'completed' && build?.number !== undefined && last.number > build.number
      ? `; build ${last.number} since then failed nowhere`
      : ''
  return `${nameOf(build, cwd)}: ${run.label} (failed${since})`
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
function stepAfter(step: NotedStep, noted: NotedSteps): FoundStep {
  const like = nearestRun(step, noted)
  const emulates = like?.emulates
  const op: RunOp = { ...(like?.run ?? plainRun), onto: step.id }
  const inputs = { [step.id]: { kind: 'snapshot', layers: layersAfter(step, noted) } } as const
  const run = { label: step.label, op, inputs, ...(emulates && { emulates }) }
  return { label: step.label, failed: false, run, how: noted.how, above: [] }
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

function failedStep(known: Known, cwd: string): Found {
  const [newest] = known.failed
  if (newest) return { kind: 'failed', step: newest }
  throw new TsbuildError('TSB_STEP_NOT_FOUND', noneFailed(known), { hint: otherwise(known, cwd) })
}

function noneFailed({ last, folder }: Known): string {
  if (!last) return 'no build is remembered in this store'
  const { number, status, error, steps } = last
  const build = `the last build of ${folder}, build ${number},`
  if (status === 'completed') return `${build} failed nowhere`
  const failed = steps.find(({ id }) => id === error?.step)
  const problem = status === 'canceled' ? 'was canceled' : `failed${failed ? ` in ${shortened(failed.label)}` : ''}`
  return `${build} ${problem}, and no files of a step that failed are kept of it`
}

/** How to look into a step all the same. */
function otherwise({ last, noted }: Known, cwd: string): string {
  const steps = noted?.steps ?? []
  const example = steps.at(-1)
  if (!example || !noted) return last ? 'a RUN that fails is kept for an hour' : 'build something first: tsbuild .'
  const name = commandWord(example)
  const others = steps.map(({ label }) => shortened(label)).join(', ')
  const of = noted.build.number === last?.number ? '' : ` of ${nameOf(noted.build, cwd)}`
  return `any step can be looked into: tsbuild shell ${name} opens a shell in the files after it, tsbuild ls ${name} / lists them; steps${of}: ${others}`
}

/** What names it on a command line. */
function commandWord({ id, label }: NotedStep): string {
  const place = stepPlace(label)
  if (!place) return id.replace(/^sha256:/, '').slice(0, 12)
  const { platform, stage, index, total } = place
  const words = [platform, stage, `${index}/${total}`].filter((word) => word !== undefined && word !== '')
  return words.length > 1 ? JSON.stringify(words.join(' ')) : words.join('')
}

/** Those of the folder come first; by an id steps of other folders are found too. */
function namedStep(wanted: string, known: Known, root: string, cwd: string): Found {
  const { noted, called, failed, folder } = known
  const done = (noted?.steps ?? []).map((step): Found => ({ kind: 'done', step, of: noted as NotedSteps }))
  // One that was mended and done since counts as what it is now.
  const broken = failed.slice(0, 1).filter(({ run }) => !done.some(({ step }) => step.id === run.step))
  const steps = [...done, ...broken.map((step): Found => ({ kind: 'failed', step }))]
  const isOfLast = (step: Found) => step.kind === 'done' || numberOf(step.step.build) >= numberOf(noted?.build)
  const namesOf = (step: Found) => {
    const ids = idsOf(step)
    return { ids, label: labelOf(step), number: called.find(({ id }) => ids.includes(id))?.number }
  }
  const ofLast = stepsNamed(wanted, steps.filter(isOfLast), namesOf)
  const found = ofLast.length > 0 ? ofLast : stepsNamed(wanted, steps, namesOf)
  const [first, ...others] = found
  if (first && others.length === 0) return first
  const other = called.find(({ number }) => String(number) === wanted.replace(/^#/, ''))
  if (other) throw notLookedInto(other, known, cwd)
  if (first) throw ambiguous(wanted, found.map(labelOf).map(shortened))
  const elsewhere = ofAnyFolder(wanted, root)
  if (elsewhere) return elsewhere
  const message = `no step of the last build of ${folder} is ${JSON.stringify(wanted)}`
  const hint = steps.length > 0 ? `it has ${steps.map(labelOf).map(shortened).join(', ')}` : otherwise(known, cwd)
  throw new TsbuildError('TSB_STEP_NOT_FOUND', message, { hint })
}

function numberOf(build: BuildOrigin | undefined): number {
  return build?.number ?? 0
}

function notLookedInto({ number, label }: Known['called'][number], known: Known, cwd: string): TsbuildError {
  const message = `#${number} is ${shortened(label)}, of which no files are known`
  return new TsbuildError('TSB_STEP_NOT_FOUND', message, { hint: otherwise(known, cwd) })
}

function ofAnyFolder(id: string, root: string): Found | undefined {
  const kept = listKept(root).find((step) => step.kind === 'failed' && isOneOf(id, { kind: 'failed', step }))
  if (kept) return { kind: 'failed', step: kept }
  return firstOf(buildNumbers(root), (number) => {
    const of = readSteps(root, number)
    const step = of?.steps.find((each) => isIdOf(id, each.id))
    return of && step && { kind: 'done', step, of }
  })
}

function isOneOf(id: string, found: Found): boolean {
  return idsOf(found).some((each) => isIdOf(id, each))
}

function idsOf(found: Found): readonly string[] {
  if (found.kind === 'done') return [found.step.id]
  const { id, run } = found.step
  return run.step === undefined ? [id] : [id, run.step]
}

function labelOf(found: Found): string {
  return found.kind === 'done' ? found.step.label : found.step.run.label
}

/** `[build 2/5] RUN make` without its end, when it is long. */
function shortened(label: string): string {
  return label.length > 60 ? `${label.slice(0, 59)}…` : label
}

function ambiguous(wanted: string, labels: readonly string[]): TsbuildError {
  return new TsbuildError('TSB_STEP_AMBIGUOUS', `several steps are ${JSON.stringify(wanted)}: ${labels.join(', ')}`, {
    hint: 'write what stands in the brackets of one',
  })
}
