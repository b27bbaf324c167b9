import { widthOf } from '../../text/index.ts'

/** How columns are parted: blanks after the longest cell, and columns that each has at least. */
interface Spacing {
  readonly gap: number
  readonly least: number
}

/**
 * Columns as wide as their longest cell and 3 blanks, at least 10, unless `spacing` says otherwise; no blanks at the end of
 * a row. A cell may have several lines: what follows stands on the last one. Ends with a line feed.
 */
export function table(rows: readonly (readonly string[])[], { gap, least }: Spacing = { gap: 3, least: 10 }): string {
  const widths: number[] = []
  for (const row of rows) {
    row.forEach((cell, i) => {
      widths[i] = Math.max(widths[i] ?? least, ...cell.split('\n').map((line) => widthOf(line) + gap))
    })
  }
  return rows
    .map(
      (row) =>
        `${row
          .map((cell, i) => filled(cell, widths[i] ?? 0))
          .join('')
          .trimEnd()}\n`,
    )
    .join('')
}

function filled(cell: string, width: number): string {
  const lastLine = cell.slice(cell.lastIndexOf('\n') + 1)
  return cell + ' '.repeat(width - widthOf(lastLine))
}
