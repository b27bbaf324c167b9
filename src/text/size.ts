/** Bytes in powers of 1000 with 3 significant digits and no blank, as `docker history` has them: `0B`, `1.02kB`, `1.2GB`. */
export function humanSize(bytes: number): string {
  const { value, unit } = scaled(bytes, (scaledValue) => Number(scaledValue.toPrecision(3)))
  return `${value}${unit}`
}

/** Bytes as progress has them: two digits after the point from kB on (`431B`, `3.15MB`). */
export function transferSize(bytes: number): string {
  const { value, unit } = scaled(bytes, (scaledValue) => Number(scaledValue.toFixed(2)))
  return unit === 'B' ? `${value}B` : `${value.toFixed(2)}${unit}`
}

const units = ['B', 'kB', 'MB', 'GB', 'TB', 'PB']

/** What rounds up to 1000 is 1 of the next unit. */
function scaled(bytes: number, round: (value: number) => number): { readonly value: number; readonly unit: string } {
  let value = bytes
  let index = 0
  while (round(value) >= 1000 && index < units.length - 1) {
    value /= 1000
    index++
  }
  return { value: round(value), unit: units[index] ?? 'B' }
}
