import type { Begun } from './launch.ts'
import type { SandboxSpec } from './sandbox.ts'

type Network = SandboxSpec['network']

/** Launches, one of which is begun before it is needed. */
export interface LaunchesAhead {
  /**
   * A launch to run.
   * @param ahead until this signal another step may come: while this one runs, the next launch is begun
   */
  take(network: Network, ahead: AbortSignal | undefined): Begun
}

/** What waits when the signal comes is ended. */
export function launchesAhead(begin: (network: Network) => Begun): LaunchesAhead {
  const waiting = new Map<Network, { readonly begun: Begun; readonly forget: () => void }>()
  const beginNext = (network: Network, ahead: AbortSignal) => {
    if (ahead.aborted || waiting.size > 0) return
    const begun = begin(network)
    const end = () => {
      waiting.delete(network)
      begun.end()
    }
    ahead.addEventListener('abort', end, { once: true })
    waiting.set(network, { begun, forget: () => ahead.removeEventListener('abort', end) })
  }
  return {
    take(network, ahead) {
      const ready = waiting.get(network)
      ready?.forget()
      waiting.delete(network)
      const begun = ready?.begun ?? begin(network)
      if (ahead) setTimeout(() => beginNext(network, ahead), afterwards)
      return begun
    },
  }
}

/** Milliseconds after which the command of a step runs, and not much else is left to do. */
const afterwards = 5
