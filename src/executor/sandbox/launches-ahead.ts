import type { Begun, Connection } from './launch.ts'
import type { Ahead, SandboxSpec } from './sandbox.ts'

type Network = SandboxSpec['network']

/** Launches, one of which is begun before it is needed. */
export interface LaunchesAhead {
  /**
   * A launch to run.
   * @param ahead when another step may come: while this one runs, the next launch is begun
   */
  take(network: Network, ahead: Ahead | undefined): Begun
  /** Keeps the connection of a launch that has ended for another one, when there may be one. */
  keep(connection: Connection, ahead: Ahead | undefined): void
}

/**
 * What waits when no step may come any more is ended.
 * @param begin with a connection that was kept, for the default network, when there is one
 */
export function launchesAhead(begin: (network: Network, kept: Connection | undefined) => Begun): LaunchesAhead {
  const waiting = new Map<Network, { readonly begun: Begun; readonly forget: () => void }>()
  const kept = new Map<Connection, () => void>()
  const takeKept = () => {
    for (const [connection, forget] of kept) {
      kept.delete(connection)
      forget()
      if (connection.isFresh()) return connection
      connection.close()
    }
    return undefined
  }
  const beginFor = (network: Network) => begin(network, network === 'default' ? takeKept() : undefined)
  const beginNext = (network: Network, ahead: Ahead) => {
    if (ahead.until.aborted || ahead.expected() === 0 || waiting.size > 0) return
    const begun = beginFor(network)
    const forget = atEnd(ahead, () => {
      waiting.delete(network)
      begun.end()
    })
    waiting.set(network, { begun, forget })
  }
  return {
    take(network, ahead) {
      const ready = waiting.get(network)
      ready?.forget()
      waiting.delete(network)
      const begun = ready?.begun ?? beginFor(network)
      if (ahead) setTimeout(() => beginNext(network, ahead), afterwards)
      return begun
    },
    keep(connection, ahead) {
      if (!ahead || ahead.until.aborted || ahead.expected() === 0 || !connection.isFresh()) return connection.close()
      const forget = atEnd(ahead, () => {
        kept.delete(connection)
        connection.close()
      })
      kept.set(connection, forget)
    },
  }
}

/** @returns what takes it back */
function atEnd({ until }: Ahead, work: () => void): () => void {
  until.addEventListener('abort', work, { once: true })
  return () => until.removeEventListener('abort', work)
}

/** Milliseconds after which the command of a step runs, and not much else is left to do. */
const afterwards = 5
