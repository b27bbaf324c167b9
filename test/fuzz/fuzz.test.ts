import fc from 'fast-check'
import { describe, test } from 'vitest'
import { tries } from '../support/fuzz.ts'
import { fuzzTargets } from './targets.ts'

describe('whatever the input is, what is said of it in the target holds', () => {
  for (const { name, problem, runs, input, holds } of fuzzTargets) {
    test.skipIf(problem)(
      `${name}${problem ? ` (skipped: ${problem})` : ''}`,
      async () => {
        await fc.assert(
          fc.asyncProperty(input, async (value) => holds(value)),
          tries(runs),
        )
      },
      240_000,
    )
  }
})
