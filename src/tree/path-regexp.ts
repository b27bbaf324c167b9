import { readSteps, type Step } from './path-regexp-steps.ts'

/**
 * The few regular expressions that path patterns become, run without backtracking: the time is at most expression times
 * path (C20).
 */
export interface PathRegexp {
  /** The whole text matches. */
  matches(text: string): boolean
  /** Some longer text that begins like this could match. */
  couldGoOn(beginning: string): boolean
}

/**
 * @param source without `^` and `$`
 * @throws {TsbuildError} TSB_PATTERN
 */
export function pathRegexp(source: string): PathRegexp {
  const steps = readSteps(source)
  const head = literals(steps)
  const tail = literals(steps.toReversed()).reverse().join('')
  const beginning = head.join('')
  return {
    matches: (text) =>
      text.startsWith(beginning) && text.endsWith(tail) && reached(steps, text, 'whole')?.[steps.length] === 1,
    couldGoOn: (text) => reached(steps, text, 'beginning')?.includes(1) ?? false,
  }
}

/** Which steps are reached after a text, the end being one more; undefined as soon as there is none. */
function reached(steps: readonly Step[], text: string, is: 'whole' | 'beginning'): Uint8Array | undefined {
  let active = new Uint8Array(steps.length + 1)
  let next = new Uint8Array(steps.length + 1)
  let before: number | undefined
  active[0] = 1
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0
    if (!advance(steps, active, next, before, code)) return undefined
    ;[active, next] = [next, active.fill(0)]
    before = code
  }
  // What follows a beginning is not known: any place may be the one.
  spread(steps, active, before, is === 'beginning' ? 'unknown' : undefined)
  return active
}

function advance(
  steps: readonly Step[],
  active: Uint8Array,
  next: Uint8Array,
  before: number | undefined,
  code: number,
): boolean {
  spread(steps, active, before, code)
  let alive = false
  for (let index = active.indexOf(1); index >= 0; index = active.indexOf(1, index + 1)) {
    const step = steps[index]
    if (step === undefined || step.kind === 'fork' || step.kind === 'place' || !step.test(code)) continue
    next[step.kind === 'many' ? index : index + 1] = 1
    alive = true
  }
  return alive
}

/** Adds the steps that are reached without reading: they lie ahead always, so once from left to right is enough. */
function spread(
  steps: readonly Step[],
  active: Uint8Array,
  before: number | undefined,
  after: number | undefined | 'unknown',
): void {
  for (let index = active.indexOf(1); index >= 0; index = active.indexOf(1, index + 1)) {
    const step = steps[index]
    if (step === undefined || step.kind === 'one') continue
    if (step.kind === 'place' && after !== 'unknown' && !step.test(before, after)) continue
    active[index + 1] = 1
    if (step.kind === 'fork') active[index + step.skip] = 1
  }
}

/** The characters that stand fixed at the front. */
function literals(steps: readonly Step[]): string[] {
  const end = steps.findIndex((step) => literalOf(step) === undefined)
  return steps.slice(0, end < 0 ? undefined : end).map((step) => literalOf(step) ?? '')
}

function literalOf(step: Step): string | undefined {
  return step.kind === 'one' ? step.literal : undefined
}
