/** Letters that may differ. */
const limit = 2
/** Letters of a name beyond which nobody has mistyped it. */
const lengthLimit = 256

/** ` (did you mean NAME?)` for the known name nearest to what was written; empty when none is near. Case counts. */
export function suggestion(written: string, known: Iterable<string>, sign = ''): string {
  let best: string | undefined
  let bestDistance = limit + 1
  if (written.length > lengthLimit) return ''
  for (const name of known) {
    if (Math.abs(name.length - written.length) >= bestDistance) continue
    const distance = levenshtein(written, name)
    if (distance < bestDistance) [best, bestDistance] = [name, distance]
  }
  return best === undefined ? '' : ` (did you mean ${sign}${best}?)`
}

/** How many letters have to be put in, taken out or replaced. */
function levenshtein(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const replaced = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)
      next.push(Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, replaced))
    }
    row = next
  }
  return row[b.length] ?? 0
}
