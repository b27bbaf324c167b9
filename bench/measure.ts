import { CommandFailed } from './command.ts'

/** One of those that are measured side by side. Only `once` is timed, and it says itself how long it took, in seconds. */
export interface Contender {
  readonly name: string
  /** At most so many rounds; it is too slow for more. */
  readonly rounds?: number
  /** Before the first round. */
  setUp?(): Promise<void>
  /** Before each: takes away what the last one left. */
  before?(): Promise<void>
  once(): Promise<number>
  /** After the last round. */
  tearDown?(): Promise<void>
}

export interface Measured {
  readonly name: string
  /** Seconds, in the order in which they were taken. */
  readonly samples: readonly number[]
  /** Why there are no more. */
  readonly failure?: string
}

/**
 * Measures them in turns, so that what else the machine does meets all alike; each round begins with another one. `settle`
 * runs before each sample: nobody pays for what another has still to write.
 */
export async function measure(
  contenders: readonly Contender[],
  rounds: number,
  settle: () => Promise<void>,
): Promise<readonly Measured[]> {
  const lanes = contenders.map((contender) => new Lane(contender))
  for (const lane of lanes) await lane.attempt(async () => lane.contender.setUp?.())
  for (let round = 0; round < rounds; round++) {
    for (const lane of rotated(lanes, round)) {
      if (round >= (lane.contender.rounds ?? rounds)) continue
      await lane.attempt(async () => {
        await lane.contender.before?.()
        await settle()
        lane.samples.push(await lane.contender.once())
      })
    }
  }
  return lanes.map((lane) => lane.measured())
}

/** A contender and what is known of it; it drops out when something fails. */
class Lane {
  readonly contender: Contender
  readonly samples: number[] = []
  #failure: string | undefined

  constructor(contender: Contender) {
    this.contender = contender
  }

  async attempt(work: () => Promise<void>): Promise<void> {
    if (this.#failure !== undefined) return
    try {
      await work()
    } catch (error) {
      if (!isFailure(error)) throw error
      this.#failure = error.message
    }
  }

  measured(): Measured {
    const { contender, samples } = this
    return { name: contender.name, samples, ...(this.#failure !== undefined && { failure: this.#failure }) }
  }
}

/** A program failed or is not installed; anything else is a bug of the benchmark. */
export function isFailure(error: unknown): error is Error {
  return error instanceof CommandFailed || (error instanceof Error && 'syscall' in error)
}

function rotated<T>(items: readonly T[], by: number): readonly T[] {
  const start = by % items.length
  return [...items.slice(start), ...items.slice(0, start)]
}
