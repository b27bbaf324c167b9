import { dockerfileTargets } from './dockerfile.ts'
import { documentTargets } from './documents.ts'
import { erofsTargets } from './erofs.ts'
import { ignoreTargets } from './ignore.ts'
import { keptTargets } from './kept.ts'
import { planTargets } from './plans.ts'
import { sharedCacheTargets } from './shared-cache.ts'
import { tarTargets } from './tar.ts'
import type { FuzzTarget } from './target.ts'

/** Everything that is tried with random input: in the test suite some times, by `npm run fuzz` as long as it is let. */
export const fuzzTargets: readonly FuzzTarget[] = [
  ...tarTargets,
  ...documentTargets,
  ...erofsTargets,
  ...ignoreTargets,
  ...dockerfileTargets,
  ...planTargets,
  ...keptTargets,
  ...sharedCacheTargets,
]
