import type { RemoteOptions } from '../remotes.ts'
import type { GitProgram } from './program.ts'

/** What the parts of one fetch share. */
export interface GitSession {
  readonly git: GitProgram
  /** Where the repositories and checkouts of all remotes are. */
  readonly folder: string
  readonly options: RemoteOptions
  readonly signal: AbortSignal
}
