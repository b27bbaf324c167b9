import { TsbuildError } from '../errors.ts'
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
 * (`build 2/5`), else by the end of that (`2/5`), else by a part of the label.
 */
export function stepsNamed<T>(text: string, steps: readonly T[], namesOf: (step: T) => StepNames): readonly T[] {
  const wanted = squeezed(text).toLowerCase()
  const named = steps.map((step) => ({ step, names: namesOf(step) }))
  for (const isNamed of ways) {
    const found = named.filter(({ names }) => isNamed(names, wanted))
    if (found.length > 0) return found.map(({ step }) => step)
  }
  return []
}

const ways: readonly ((names: StepNames, wanted: string) => boolean)[] = [
  ({ number }, wanted) => number !== undefined && String(number) === wanted.replace(/^#/, ''),
  ({ ids }, wanted) => ids.some((id) => isIdOf(wanted, id)),
  ({ label }, wanted) => placeIn(label) === wanted.replace(/^\[ ?(.*)\]$/, '$1'),
  ({ label }, wanted) => placeIn(label).endsWith(` ${wanted}`),
  ({ label }, wanted) => squeezed(label).replace('[ ', '[').toLowerCase().includes(wanted),
]

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
  const hint = `a step is named by its number or a part of its label: tsbuild builds show ${number} lists them`
  if (!step) throw new TsbuildError('TSB_STEP_NOT_FOUND', `build ${number} has no step "${text}"`, { hint })
  const numbers = found.map((each) => `#${each.number}`).join(', ')
  throw new TsbuildError('TSB_STEP_AMBIGUOUS', `several steps of build ${number} are "${text}": ${numbers}`, { hint })
}
