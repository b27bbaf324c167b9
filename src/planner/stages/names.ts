import type { Stage } from '../../parser/index.ts'

/** The stages by name. A name may be given to several: each place sees the last one before it. */
export interface StageNames {
  /** The nearest stage of that name before a place, else the first one after it. Exactly as spelled. */
  find(name: string, before: number): number | undefined
  all(): Iterable<string>
}

export function stageNames(stages: readonly Stage[]): StageNames {
  const places = new Map<string, number[]>()
  stages.forEach(({ name }, index) => {
    if (name === undefined) return
    const known = places.get(name)
    if (known) known.push(index)
    else places.set(name, [index])
  })
  return {
    find: (name, before) => {
      const known = places.get(name) ?? []
      const earlier = countBelow(known, before)
      return known[Math.max(0, earlier - 1)]
    },
    all: () => places.keys(),
  }
}

/** How many of some ascending numbers are below a limit. */
function countBelow(numbers: readonly number[], limit: number): number {
  let [low, high] = [0, numbers.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if ((numbers[middle] ?? limit) < limit) low = middle + 1
    else high = middle
  }
  return low
}
