import { didYouMean, TsbuildError } from '../../errors.ts'
import type { Dockerfile, Stage } from '../../parser/index.ts'

/**
 * The place of the stage that `--target` names, in any case; the last one when it names none.
 * @throws {TsbuildError} TSB_UNKNOWN_TARGET
 */
export function findTarget({ stages }: Dockerfile, target: string | undefined): number {
  if (target === undefined || target === '') return stages.length - 1
  const found = stages.findLastIndex(({ name }) => name === target.toLowerCase())
  if (found >= 0) return found
  const names = namesOf(stages)
  throw new TsbuildError('TSB_UNKNOWN_TARGET', `target stage ${JSON.stringify(target)} could not be found`, {
    hint: didYouMean(target, names) ?? listed(names),
  })
}

/**
 * Checks the names of `--no-cache-filter`.
 * @throws {TsbuildError} TSB_UNKNOWN_STAGE
 */
export function checkStageFilter({ stages }: Dockerfile, filter: boolean | readonly string[]): void {
  if (typeof filter === 'boolean') return
  const names = namesOf(stages)
  const unknown = filter.find((name) => !names.includes(name.toLowerCase()))
  if (unknown === undefined) return
  throw new TsbuildError('TSB_UNKNOWN_STAGE', `no stage is named ${JSON.stringify(unknown)}`, {
    hint: didYouMean(unknown, names) ?? listed(names),
  })
}

function namesOf(stages: readonly Stage[]): readonly string[] {
  return stages.flatMap(({ name }) => name ?? [])
}

function listed(names: readonly string[]): string {
  if (names.length === 0) return 'no stage of this file has a name: write FROM … AS NAME'
  return `the stages are ${names.slice(0, 10).join(', ')}${names.length > 10 ? ', …' : ''}`
}
