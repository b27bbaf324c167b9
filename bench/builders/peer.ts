import type { Job } from '../job.ts'
import type { Contender } from '../measure.ts'

/** Another builder, measured when it is there. */
export interface Peer {
  readonly name: string
  /** What it says of itself when it can build here. */
  version(): Promise<string | undefined>
  /** Why it cannot, when it does not. */
  readonly why: string
  /** `undefined` for what it cannot do without harm to a daemon that is not ours. */
  contender(job: Job): Contender | undefined
}

/** The others are slow, and their figures are for comparison alone. */
export const peerRounds = 3
