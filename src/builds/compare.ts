import type { StepId } from '../executor/index.ts'
import { stepPlace } from '../graph/index.ts'
import type { BuildRecord, LayerRecord, StepRecord } from './record.ts'

/** What is other in a build than in an earlier one. */
export interface BuildDiff {
  readonly before: BuildRecord
  readonly now: BuildRecord
  /** Context, target, platforms, tags, status … that differ. */
  readonly settings: readonly {
    readonly name: string
    readonly before: string | undefined
    readonly now: string | undefined
  }[]
  /** All steps of both, in the order of the later one; those that are only in the earlier come last. */
  readonly steps: readonly StepDiff[]
  /** Of the images that both have, by platform: bytes of all layers. */
  readonly sizes: readonly { readonly platform: string; readonly before: number; readonly now: number }[]
}

export interface StepDiff {
  readonly before?: StepRecord
  readonly now?: StepRecord
  /**
   * `same`: the same key, or nothing that has one. `inputs`: the same instruction on other files. `instruction`: at the
   * same place of the Dockerfile stands another one.
   */
  readonly kind: 'same' | 'inputs' | 'instruction' | 'added' | 'removed'
}

export function compareBuilds(before: BuildRecord, now: BuildRecord): BuildDiff {
  const pairs = pairSteps(before.steps, now.steps)
  return {
    before,
    now,
    settings: settingsOf(before, now),
    steps: pairs.map(([earlier, later]) => ({
      ...(earlier && { before: earlier }),
      ...(later && { now: later }),
      kind: kindOf(earlier, later),
    })),
    sizes: now.images.flatMap(({ platform, layers }) => {
      const earlier = before.images.find((image) => image.platform === platform)
      return earlier ? [{ platform, before: sizeOf(earlier.layers), now: sizeOf(layers) }] : []
    }),
  }
}

/** Bytes of all layers. */
export function sizeOf(layers: readonly LayerRecord[]): number {
  return layers.reduce((sum, { size }) => sum + size, 0)
}

/** Milliseconds that a step took; none when it was found in the cache or did not begin. */
export function timeOf({ started, completed, outcome }: StepRecord): number | undefined {
  if (started === undefined || completed === undefined || outcome === 'cached') return undefined
  return completed - started
}

type Pair = readonly [before: StepRecord | undefined, now: StepRecord | undefined]

/** What was the same op, else stood at the same place with the same keyword. */
function pairSteps(before: readonly StepRecord[], now: readonly StepRecord[]): readonly Pair[] {
  const left = new Map<StepId, StepRecord>(before.map((step) => [step.id, step]))
  const take = (step: StepRecord | undefined) => {
    if (step) left.delete(step.id)
    return step
  }
  const sure = new Map(now.map((step) => [step, take(left.get(step.id))]))
  const pairs = now.map((step): Pair => [sure.get(step) ?? take(atPlace(step, left.values())), step])
  return [...pairs, ...Array.from(left.values(), (step): Pair => [step, undefined])]
}

/** The step that stands where this one stands, and begins with the same word. */
export function atPlace(step: StepRecord, others: Iterable<StepRecord>): StepRecord | undefined {
  const place = placeText(step.label)
  return place === undefined ? undefined : [...others].find(({ label }) => placeText(label) === place)
}

/** `build 2 RUN`; undefined for what is no step of a stage. */
export function placeText(label: string): string | undefined {
  const place = stepPlace(label)
  if (!place) return undefined
  const { platform, stage, index } = place
  return [platform, stage, index, /\] (?:ONBUILD )?(\S+)/.exec(label)?.[1]].join(' ')
}

function kindOf(before: StepRecord | undefined, now: StepRecord | undefined): StepDiff['kind'] {
  if (!before) return 'added'
  if (!now) return 'removed'
  if (withoutPlace(before.label) !== withoutPlace(now.label)) return 'instruction'
  return before.key === now.key || !before.key || !now.key ? 'same' : 'inputs'
}

/** `RUN make` of `[build 2/5] RUN make`: how many steps a stage has says nothing of one. */
export function withoutPlace(label: string): string {
  return label.replace(/^\[[^\]]*\d+\/\d+\] /, '')
}

function settingsOf(before: BuildRecord, now: BuildRecord): BuildDiff['settings'] {
  const of = ({ context, target, platforms, tags, status, dockerfile, error }: BuildRecord) => ({
    context,
    dockerfile: dockerfile?.path,
    target,
    platforms: platforms.join(', '),
    tags: tags.join(', '),
    status,
    error: error?.message,
  })
  const [was, is] = [of(before), of(now)]
  const names = Object.keys(is) as (keyof typeof is)[]
  return names
    .filter((name) => was[name] !== is[name])
    .map((name) => ({ name, before: was[name] || undefined, now: is[name] || undefined }))
}
