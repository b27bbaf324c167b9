import { pad, widthOf } from './width.ts'

/** Columns as wide as their longest cell and 3 blanks, at least 10; the last one is not filled up. Ends with a line feed. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths: number[] = []
  for (const row of rows) {
    row.forEach((cell, i) => {
      widths[i] = Math.max(widths[i] ?? 10, widthOf(cell) + 3)
    })
  }
  return rows.map((row) => `${line(row, widths)}\n`).join('')
}

function line(row: readonly string[], widths: readonly number[]): string {
  return row.map((cell, i) => (i === row.length - 1 ? cell : pad(cell, widths[i] ?? 0))).join('')
}
