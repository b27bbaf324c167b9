import type { Position, SourceFile, SourceRange } from '../source.ts'

/** Turns offsets in a source file (UTF-16 units) into places. */
export type Places = (start: number, end: number) => SourceRange

export function placesIn(source: SourceFile): Places {
  const starts = lineStarts(source.text)
  const position = (offset: number): Position => {
    const line = lastAtMost(starts, offset, (start) => start)
    return { line, column: offset - (starts[line] ?? 0) }
  }
  return (start, end) => ({ source, start: position(start), end: position(end) })
}

function lineStarts(text: string): readonly number[] {
  const starts = [0]
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) starts.push(at + 1)
  return starts
}

/** Index of the last of some sorted items whose key is not above `limit`; 0 when all are. */
export function lastAtMost<T>(sorted: readonly T[], limit: number, key: (item: T) => number): number {
  let [low, high] = [0, sorted.length - 1]
  while (low < high) {
    const middle = (low + high + 1) >> 1
    const item = sorted[middle]
    if (item !== undefined && key(item) <= limit) low = middle
    else high = middle - 1
  }
  return low
}
