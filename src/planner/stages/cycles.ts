import { TsbuildError } from '../../errors.ts'
import { formatPlace } from '../../source.ts'
import type { Edge, LinkedStage } from './link.ts'

/**
 * Refuses stages that need each other, wherever they stand.
 * @throws {TsbuildError} TSB_STAGE_CYCLE
 */
export function refuseCycles(stages: readonly LinkedStage[]): void {
  const done = new Set<number>()
  for (const stage of stages) walk(stage, stages, done)
}

/** Depth first with a stack of its own: a file may have stages by the thousand, each on the one before. */
function walk(start: LinkedStage, stages: readonly LinkedStage[], done: Set<number>): void {
  const path: { readonly stage: LinkedStage; readonly edges: Iterator<Edge> }[] = []
  const open = new Set<number>()
  const enter = (stage: LinkedStage) => {
    path.push({ stage, edges: edgesOf(stage) })
    open.add(stage.index)
  }
  if (!done.has(start.index)) enter(start)
  for (let top = path.at(-1); top; top = path.at(-1)) {
    const { done: last, value: edge } = top.edges.next()
    if (last) {
      done.add(top.stage.index)
      open.delete(top.stage.index)
      path.pop()
    } else if (edge.to.kind === 'stage') {
      const to = stages[edge.to.index]
      if (to && open.has(to.index)) throw cycleError(to, edge, path)
      if (to && !done.has(to.index)) enter(to)
    }
  }
}

function* edgesOf(stage: LinkedStage): Generator<Edge, undefined> {
  yield { to: stage.base, at: stage.stage.from.at }
  yield* stage.links.edges
}

function cycleError(to: LinkedStage, edge: Edge, path: readonly { readonly stage: LinkedStage }[]): TsbuildError {
  const from = path.findIndex(({ stage }) => stage === to)
  const round = [...path.slice(from).map(({ stage }) => stage), to]
  const shown = shorten(round.map((stage) => `${nameOf(stage)} (${formatPlace(stage.stage.from.at)})`)).join(' -> ')
  return new TsbuildError('TSB_STAGE_CYCLE', `circular dependency detected on stage: ${nameOf(to)}`, {
    at: edge.at,
    hint: `each of these needs the next: ${shown}`,
  })
}

function shorten(round: readonly string[]): readonly string[] {
  return round.length <= 10 ? round : [...round.slice(0, 5), '…', ...round.slice(-2)]
}

function nameOf({ stage, index }: LinkedStage): string {
  return stage.name ?? `stage-${index}`
}
