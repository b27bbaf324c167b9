import type { Environment } from '../index.ts'
import type { UserNamespace } from './namespace.ts'
import type { Output } from './output.ts'
import type { Library } from './ports.ts'

/** What a command has to work with. */
export interface Session {
  readonly environment: Environment
  readonly out: Output
  readonly err: Output
  readonly signal: AbortSignal
  /** `--debug` or TSBUILD_DEBUG */
  readonly debug: boolean
  /** What the user should know of this machine, for commands that say more than a result. */
  readonly notes: readonly string[]
  /** Where an ordinary user's command that touches trees is; absent for root. */
  readonly userNamespace?: UserNamespace
  /** Loaded when it is needed: `--help` and a wrong flag need none of it. */
  readonly library: () => Promise<Library>
}
