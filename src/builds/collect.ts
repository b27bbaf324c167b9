import type { BuildEvent, GraphStep, StepId } from '../executor/index.ts'
import { stepPlace } from '../graph/index.ts'
import type { BuildRecord, StepRecord } from './record.ts'

/** A step that is not over. */
type Open = { -readonly [K in keyof StepRecord]: StepRecord[K] }

/** The steps of a build, as its events tell of them. */
export interface Collected {
  event(event: BuildEvent): void
  /** The number of a step that has begun. */
  numberOf(step: StepId): number | undefined
  /** Of all steps that the graph has. */
  readonly labels: readonly string[]
  /** The first step that failed. */
  readonly failed: StepId | undefined
  /** @param at what has not ended by then was canceled: milliseconds since 1970 */
  steps(at: number): BuildRecord['steps']
}

export function collect(): Collected {
  const begun = new Map<StepId, Open>()
  const misses = new Map<StepId, Pick<StepRecord, 'reason' | 'key'>>()
  let graph: ReadonlyMap<StepId, GraphStep> = new Map()
  let failed: StepId | undefined

  const begin = (id: StepId, label: string, at: number, makes = false): Open => {
    const known = begun.get(id)
    const isOver = known?.completed !== undefined
    const isAnew = known?.outcome === 'error' || known?.outcome === 'canceled' || (isOver && makes)
    if (known && !isAnew) return known
    if (failed === id) failed = undefined
    const number = known?.number ?? begun.size + 1
    const step: Open = { ...describe(id, label, graph.get(id)), number, started: at, ...misses.get(id) }
    begun.set(id, step)
    return step
  }
  const end = (id: StepId, at: number, ending: Partial<StepRecord>) => {
    const step = begun.get(id)
    if (step) Object.assign(step, { completed: at }, ending)
  }

  return {
    get labels() {
      return Array.from(graph.values(), ({ label }) => label)
    },
    get failed() {
      return failed
    },
    numberOf: (id) => begun.get(id)?.number,
    event(event) {
      switch (event.type) {
        case 'build:graph':
          graph = new Map(event.steps.map((step) => [step.id, step]))
          break
        case 'step:start':
          begin(event.step, event.label, event.at, event.makes)
          break
        case 'step:miss': {
          const { key, reason } = event
          misses.set(event.step, { key, reason })
          const step = begun.get(event.step)
          if (step) Object.assign(step, { key, reason })
          break
        }
        case 'step:cached': {
          const { key, layer, milliseconds, source } = event
          begin(event.step, event.label, event.at)
          end(event.step, event.at, {
            outcome: 'cached',
            ...(source !== undefined && { source }),
            ...(milliseconds !== undefined && { saved: milliseconds }),
            ...resultOf({ key, layer }),
          })
          break
        }
        case 'step:done':
          end(event.step, event.at, { outcome: 'ran', ...resultOf(event) })
          break
        case 'step:error':
          failed ??= event.step
          end(event.step, event.at, { outcome: 'error', error: event.message })
          break
        case 'step:canceled':
          end(event.step, event.at, { outcome: 'canceled' })
          break
      }
    },
    steps(at) {
      const running = ({ completed, outcome, ...step }: Open): StepRecord =>
        completed === undefined ? { ...step, outcome: 'canceled', completed: at } : { ...step, outcome, completed }
      const others = [...graph.values()].filter(({ id, kind }) => !begun.has(id) && kind !== 'scratch')
      return [
        ...[...begun.values()].map(running),
        ...others.map((step, i) => ({ ...describe(step.id, step.label, step), number: begun.size + i + 1 })),
      ]
    },
  }
}

function describe(id: StepId, label: string, step: GraphStep | undefined): Omit<StepRecord, 'number'> {
  const { platform, stage } = stepPlace(label) ?? {}
  const at = step?.at
  return {
    id,
    label,
    kind: step?.kind ?? 'internal',
    ...(platform !== undefined && { platform }),
    ...(stage !== undefined && { stage }),
    ...(at && { lines: { start: at.start.line + 1, end: at.end.line + 1 } }),
    inputs: step?.inputs ?? [],
    outcome: 'not-run',
  }
}

function resultOf({
  key,
  layer,
}: {
  readonly key?: StepRecord['key'] | undefined
  readonly layer?: { readonly diffId: NonNullable<StepRecord['key']>; readonly size: number } | undefined
}): Pick<StepRecord, 'key' | 'layer'> {
  return { ...(key && { key }), ...(layer && { layer: { digest: layer.diffId, size: layer.size } }) }
}
