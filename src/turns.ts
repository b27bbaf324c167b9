/** Runs work, at most so much of it at once; what has to wait starts in the order in which it came. */
export type Turns = <T>(work: () => Promise<T>) => Promise<T>

export function openTurns(atOnce: number): Turns {
  const waiting: (() => void)[] = []
  let running = 0
  return async (work) => {
    if (running >= atOnce) await new Promise<void>((start) => waiting.push(start))
    else running++
    try {
      return await work()
    } finally {
      // A turn that somebody waits for is handed on.
      const next = waiting.shift()
      if (next) next()
      else running--
    }
  }
}
