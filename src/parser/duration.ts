import { quoted } from './characters.ts'

/** Nanoseconds in a unit of Go's `time.ParseDuration`. */
const units: ReadonlyMap<string, number> = new Map([
  ['ns', 1],
  ['us', 1e3],
  ['µs', 1e3],
  ['μs', 1e3],
  ['ms', 1e6],
  ['s', 1e9],
  ['m', 60e9],
  ['h', 3600e9],
])

/**
 * Reads a duration as Go writes it, such as `1h30m` or `1.5s`.
 * @returns nanoseconds, or the reason why the text is none in Go's words
 */
export function parseDuration(text: string): number | { readonly problem: string } {
  const shown = quoted(text)
  const invalid = { problem: `time: invalid duration ${shown}` }
  if (text.length > 64) return invalid
  const sign = text.startsWith('-') ? -1 : 1
  let rest = /^[+-]/.test(text) ? text.slice(1) : text
  if (rest === '0') return 0
  if (rest === '') return invalid
  let total = 0
  while (rest !== '') {
    const number = /^(?:\d+(?:\.\d*)?|\.\d+)/.exec(rest)?.[0]
    if (number === undefined) return invalid
    const unit = /^[^\d.]*/.exec(rest.slice(number.length))?.[0] ?? ''
    if (unit === '') return { problem: `time: missing unit in duration ${shown}` }
    const scale = units.get(unit)
    if (scale === undefined) return { problem: `time: unknown unit ${JSON.stringify(unit)} in duration ${shown}` }
    total += Number(number) * scale
    rest = rest.slice(number.length + unit.length)
  }
  return total < 2 ** 63 ? sign * Math.trunc(total) : invalid
}
