import type { Limits } from '../../limits.ts'
import type { Progress } from '../progress.ts'
import type { Fetch } from './fetch.ts'

/** What opening the inputs of a build needs. */
export interface InputPorts {
  readonly fetch: Fetch
  /** A fresh private folder that stays until the build is done. */
  readonly temporary: (prefix: string) => Promise<string>
  readonly progress: Progress
  /** Real path of the store, which may lie in a context. */
  readonly store: string
  readonly limits: Limits
}
