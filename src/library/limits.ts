import { didYouMean, TsbuildError } from '../errors.ts'
import { defaultLimits, isLimitName, type Limits, limitNames, limitTable } from '../limits.ts'
import type { LimitOptions } from '../options.ts'

/**
 * All limits: those that are given, else the default ones.
 * @throws {TsbuildError} TSB_LIMIT for a name or a value that cannot be
 */
export function limitsFrom(given: LimitOptions = {}): Limits {
  for (const [name, value] of Object.entries(given)) checkLimit(name, value)
  return { ...defaultLimits, ...given }
}

function checkLimit(name: string, value: number): void {
  if (!isLimitName(name)) {
    const hint = didYouMean(name, limitNames) ?? `one of ${limitNames.join(', ')}`
    throw new TsbuildError('TSB_LIMIT', `there is no limit ${name}`, { hint })
  }
  const { most } = limitTable[name]
  if (Number.isSafeInteger(value) && value >= 1 && value <= most) return
  throw new TsbuildError('TSB_LIMIT', `the limit ${name} cannot be ${value}`, {
    hint: `a whole number from 1 to ${most}`,
  })
}
