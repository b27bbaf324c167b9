import { TsbuildError } from '../../errors.ts'
import { parseImageSource } from '../../image/index.ts'
import type { Dockerfile } from '../../parser/index.ts'
import type { Variables } from '../variables.ts'
import { createBudget, expandWord, lookupIn } from '../words/index.ts'
import type { Warn } from './checks.ts'

/**
 * FROM lines that name nothing when no build argument is given. Ends at the first that cannot be expanded.
 * @param defaults the global ARGs as they are without `--build-arg`
 */
export function checkDefaultImages({ stages, escape: escapeChar }: Dockerfile, defaults: Variables, warn: Warn): void {
  const lookup = lookupIn(defaults)
  const budget = createBudget()
  for (const { from } of stages) {
    const { text, at } = from.image
    const name = orNothing(() => expandWord(text, lookup, escapeChar, budget).value)
    if (name === undefined) return
    if (orNothing(() => parseImageSource(name))) continue
    const message = `Default value for ARG ${text} results in empty or invalid base image name`
    warn({ rule: 'InvalidDefaultArgInFrom', message, at })
  }
}

function orNothing<T>(work: () => T): T | undefined {
  try {
    return work()
  } catch (error) {
    if (error instanceof TsbuildError) return undefined
    throw error
  }
}
