import { stepPlace } from '../../index.ts'
import type { Step } from './step.ts'

/** The steps of one stage, for one platform. */
export interface Stage {
  readonly kind: 'stage'
  /** As labels of its steps have it: `build`, `linux/arm64 build`. */
  readonly name: string
  /** How many steps it has in all. */
  readonly total: number
  /** Those that have begun, in that order. */
  readonly steps: readonly Step[]
  /** How many others are done that it has: each step stands on them, and they are shown in the stage that had them first. */
  readonly shared: number
}

/** What stands in the tree at its first level, in the order in which it began. */
export type Branch = Stage | { readonly kind: 'step'; readonly step: Step }

/**
 * The steps of a build under their stages; one that belongs to none, or whose build has a single stage, stands alone.
 * @param graph labels of all steps, also of those that have not begun
 */
export function branchesOf(steps: Iterable<Step>, graph: Iterable<string>): readonly Branch[] {
  const branches: Branch[] = []
  const stages = new Map<string, Step[]>()
  const own = ownSteps(graph)
  for (const step of steps) {
    const { name, index, total } = stageOf(step.label)
    const known = stages.get(name)
    if (known) known.push(step)
    else if (name === '') branches.push({ kind: 'step', step })
    else {
      const inIt = [step]
      stages.set(name, inIt)
      branches.push({ kind: 'stage', name, total, steps: inIt, shared: sharedBelow(index, own.get(name)) })
    }
  }
  return branches
}

function stageOf(label: string) {
  const { platform, stage, index = 0, total = 0 } = stepPlace(label) ?? {}
  return { name: [platform, stage].filter(Boolean).join(' '), index, total }
}

/** Places of the steps that are shown in each stage. */
function ownSteps(graph: Iterable<string>): ReadonlyMap<string, ReadonlySet<number>> {
  const own = new Map<string, Set<number>>()
  for (const label of graph) {
    const { name, index } = stageOf(label)
    own.set(name, (own.get(name) ?? new Set()).add(index))
  }
  return own
}

/** Places below one that has begun, of steps that other stages show. */
function sharedBelow(index: number, own: ReadonlySet<number> | undefined): number {
  return own ? Array.from({ length: index - 1 }, (_, i) => i + 1).filter((place) => !own.has(place)).length : 0
}
