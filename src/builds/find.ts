import { TsbuildError } from '../errors.ts'
import type { BuildRecord } from './record.ts'

/**
 * The build that a person means: `7` by number, `^0` the newest and `^1` the one before it, else by the beginning of an id.
 * @param builds newest first
 * @throws {TsbuildError} TSB_BUILD_NOT_FOUND
 */
export function findBuild(text: string, builds: readonly BuildRecord[]): BuildRecord {
  const back = /^\^(\d{1,6})$/.exec(text)?.[1]
  if (back !== undefined) return builds[Number(back)] ?? notFound(text, builds)
  const numbered = builds.find(({ number }) => String(number) === text)
  if (numbered) return numbered
  const [found, ...others] = text === '' ? [] : builds.filter(({ id }) => id.startsWith(text))
  if (!found) return notFound(text, builds)
  if (others.length === 0) return found
  throw new TsbuildError('TSB_BUILD_NOT_FOUND', `the ids of ${others.length + 1} builds begin with ${text}`, {
    hint: 'give more of it, or the number of the build',
  })
}

function notFound(text: string, builds: readonly BuildRecord[]): never {
  const [newest] = builds
  const hint = newest
    ? `tsbuild builds lists them: the newest is ${newest.number}, or ^0; the last 50 are kept`
    : 'no build is remembered in this store: --root, or TSBUILD_ROOT, names another one'
  throw new TsbuildError('TSB_BUILD_NOT_FOUND', `no such build: ${text}`, { hint })
}

/**
 * The step that a person means: its number, or a part of its label as it is printed.
 * @throws {TsbuildError} TSB_STEP_NOT_FOUND for none, or several
 */
export function findStep(text: string, { steps, number }: BuildRecord): BuildRecord['steps'][number] {
  const numbered = steps.find((step) => String(step.number) === text.replace(/^#/, ''))
  if (numbered) return numbered
  const found = steps.filter(({ label }) => squeezed(label).includes(squeezed(text)))
  const exact = found.filter(({ label }) => squeezed(label).startsWith(`[${squeezed(text)}]`))
  const [step, ...others] = exact.length > 0 ? exact : found
  if (step && others.length === 0) return step
  const message = step
    ? `"${text}" is a part of ${found.length} steps of build ${number}: ${found.map((each) => `#${each.number}`).join(', ')}`
    : `build ${number} has no step "${text}"`
  throw new TsbuildError('TSB_STEP_NOT_FOUND', message, {
    hint: `a step is named by its number or a part of its label: tsbuild builds show ${number} lists them`,
  })
}

/** `[ 2/12]` is `[2/12]` to people. */
function squeezed(text: string): string {
  return text.replace(/\s+/g, ' ').replace('[ ', '[').toLowerCase()
}
