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
}

/** What stands in the tree at its first level, in the order in which it began. */
export type Branch = Stage | { readonly kind: 'step'; readonly step: Step }

/** The steps of a build under their stages; one that belongs to none, or whose build has a single stage, stands alone. */
export function branchesOf(steps: Iterable<Step>): readonly Branch[] {
  const branches: Branch[] = []
  const stages = new Map<string, Step[]>()
  for (const step of steps) {
    const { platform, stage, total = 0 } = stepPlace(step.label) ?? {}
    const name = [platform, stage].filter(Boolean).join(' ')
    const known = stages.get(name)
    if (known) known.push(step)
    else if (name === '') branches.push({ kind: 'step', step })
    else {
      const inIt = [step]
      stages.set(name, inIt)
      branches.push({ kind: 'stage', name, total, steps: inIt })
    }
  }
  return branches
}
