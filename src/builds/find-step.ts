import { TsbuildError } from '../errors.ts'
import { stepPlace } from '../graph/index.ts'
import { squeezed } from '../text/index.ts'
import type { BuildRecord } from './record.ts'

/** What a person can call a step by. */
export interface StepNames {
  /** That its build gave it. */
  readonly number?: number | undefined
  /** `sha256:` and hex digits, or the digits alone. */
  readonly ids: readonly string[]
  /** `[build 2/5] RUN make` */
  readonly label: string
}

/**
 * The steps that a text names: by number (`7` or `#7`), else by 6 digits and more of an id, else by what stands in the brackets
 * (`build 2/5`), else by the end of that (`2/5`), else the last one of a stage (`build`), else by a part of the label.
 */
export function stepsNamed<T>(text: string, steps: readonly T[], namesOf: (step: T) => StepNames): readonly T[] {
  const wanted = squeezed(text).toLowerCase()
  const named = steps.map((step) => ({ ...namesOf(step), step }))
  for (const findIn of ways) {
    const found = findIn(named, wanted)
    if (found.length > 0) return found.map(({ step }) => step)
  }
  return []
}

type Way = <N extends StepNames>(named: readonly N[], wanted: string) => readonly N[]

const ways: readonly Way[] = [
  (named, wanted) => named.filter(({ number }) => number !== undefined && String(number) === wanted.replace(/^#/, '')),
  (named, wanted) => named.filter(({ ids }) => ids.some((id) => isIdOf(wanted, id))),
  (named, wanted) => named.filter(({ label }) => placeIn(label) === wanted.replace(/^\[ ?(.*)\]$/, '$1')),
  (named, wanted) => named.filter(({ label }) => placeIn(label).endsWith(` ${wanted}`)),
  lastOfStage,
  (named, wanted) => (/^#?\d+$/.test(wanted) ? [] : named.filter(({ label }) => partsOf(label).includes(wanted))),
]

/** For each platform one. */
function lastOfStage<N extends StepNames>(named: readonly N[], wanted: string): readonly N[] {
  const inStage = named.flatMap((step) => {
    const { platform = '', stage = '', index = 0 } = stepPlace(step.label) ?? {}
    const names = [stage, `${platform} ${stage}`].map((name) => name.toLowerCase())
    return stage !== '' && names.includes(wanted) ? [{ step, platform, index }] : []
  })
  const isLast = ({ platform, index }: { readonly platform: string; readonly index: number }) =>
    !inStage.some((other) => other.platform === platform && other.index > index)
  return inStage.filter(isLast).map(({ step }) => step)
}

/** In what a part of a label is looked for: digests have all digits, and what belongs to no stage is named by its number. */
function partsOf(label: string): string {
  if (!stepPlace(label)) return ''
  return squeezed(label)
    .replace('[ ', '[')
    .replace(/@sha256:[0-9a-f]+/g, '')
    .toLowerCase()
}

/** Whether a text is an id, or the beginning of it, 6 digits at least. */
export function isIdOf(text: string, id: string): boolean {
  const hex = text.replace(/^sha256:/, '')
  return /^[0-9a-f]{6,64}$/.test(hex) && id.replace(/^sha256:/, '').startsWith(hex)
}

/** `build 2/12` of `[build  2/12] RUN make`. */
function placeIn(label: string): string {
  return squeezed(/^\[(.*?)\]/.exec(label)?.[1] ?? '').toLowerCase()
}

/**
 * The step of a record that a person means.
 * @throws {TsbuildError} TSB_STEP_NOT_FOUND, TSB_STEP_AMBIGUOUS
 */
export function findStep(text: string, { steps, number }: BuildRecord): BuildRecord['steps'][number] {
  const found = stepsNamed(text, steps, (step) => ({ ...step, ids: [step.id] }))
  const [step, ...others] = found
  if (step && others.length === 0) return step
  const hint = `a step is named by its number, its stage or a part of its label: tsbuild builds show ${number} lists them`
  if (!step) throw new TsbuildError('TSB_STEP_NOT_FOUND', `build ${number} has no step "${text}"`, { hint })
  const numbers = found.map((each) => `#${each.number}`).join(', ')
  throw new TsbuildError('TSB_STEP_AMBIGUOUS', `several steps of build ${number} are "${text}": ${numbers}`, { hint })
}
