import path from 'node:path'
import type { Environment } from '../options.ts'
import type { Remotes } from '../remote/index.ts'
import type { Session } from './session.ts'

/** The client of URLs and git repositories, with the secrets and agents of the command line; loaded on first use. */
export function sessionRemotes(
  { store, agents, secrets, limits }: Session,
  environment: Environment,
  notice: (message: string) => void,
): () => Promise<Remotes> {
  let opened: Promise<Remotes> | undefined
  const open = async () => {
    const { openRemotes } = await import('../remote/index.ts')
    return openRemotes({
      folder: path.join(store.root, 'cache', 'remotes'),
      secret: secrets.read,
      agent: agents.socketOf,
      env: environment.env,
      locked: store.locked,
      temporary: store.temporary,
      notice,
      limits,
      now: environment.now,
    })
  }
  return () => {
    opened ??= open()
    return opened
  }
}
