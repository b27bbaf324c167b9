import { constants } from 'node:os'

const watched = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/** A signal asked tsbuild to stop. */
export class Interruption extends Error {
  readonly signal: (typeof watched)[number]

  constructor(signal: (typeof watched)[number]) {
    super(`stopped by ${signal}`)
    this.name = 'Interruption'
    this.signal = signal
  }

  /** As a shell reports it: 130 for SIGINT, 143 for SIGTERM. */
  get exitCode(): number {
    return 128 + constants.signals[this.signal]
  }
}

/**
 * The first signal aborts with an `Interruption` as the reason; a second one ends the process at once.
 * @param end ends the process with an exit status
 */
export function watchSignals(source: NodeJS.EventEmitter, end: (exitCode: number) => void): AbortSignal {
  const controller = new AbortController()
  for (const name of watched) {
    source.on(name, () => {
      const interruption = new Interruption(name)
      if (controller.signal.aborted) end(interruption.exitCode)
      else controller.abort(interruption)
    })
  }
  return controller.signal
}
