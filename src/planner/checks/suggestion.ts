/** Letters that may differ. */
const limit = 2
/** Letters of a name beyond which nobody has mistyped it. */
const lengthLimit = 256
/** Names beyond which nobody knows them all. */
const countLimit = 300

/** ` (did you mean NAME?)` for the known name nearest to what was written; empty when none is near. Case counts. */
export function suggestion(written: string, known: Iterable<string>, sign = ''): string {
  let best: string | undefined
  let bestDistance = limit + 1
  let count = 0
  if (written.length > lengthLimit) return ''
  for (const name of known) {
    if (count++ === countLimit) break
    const distance = distanceWithin(written, name)
    if (distance < bestDistance) [best, bestDistance] = [name, distance]
  }
  return best === undefined ? '' : ` (did you mean ${sign}${best}?)`
}

/**
 * How many letters have to be put in, taken out or replaced; anything above the limit when there are more. Only the part
 * of the table is filled in that can lead to less.
 */
function distanceWithin(a: string, b: string): number {
  const beyond = limit + 1
  if (Math.abs(a.length - b.length) > limit) return beyond
  let row = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const next: number[] = []
    const [first, last] = [Math.max(1, i - limit), Math.min(b.length, i + limit)]
    next[first - 1] = first === 1 ? i : beyond
    for (let j = first; j <= last; j++) {
      const replaced = (row[j - 1] ?? beyond) + (a[i - 1] === b[j - 1] ? 0 : 1)
      next[j] = Math.min((row[j] ?? beyond) + 1, (next[j - 1] ?? beyond) + 1, replaced)
    }
    if (next.every((distance) => distance > limit)) return beyond
    row = next
  }
  return row[b.length] ?? beyond
}
