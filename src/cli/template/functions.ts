import { FlagError } from '../flags/flag-error.ts'
import { jsonText } from '../text/json.ts'

type Call = (...args: readonly unknown[]) => unknown

/** What a template can call: docker's own, and those of Go that people use. */
const functions: Readonly<Record<string, Call>> = {
  json: (value) => jsonText(value ?? null),
  join: (list, separator) => asList(list).map(print).join(print(separator)),
  lower: (text) => print(text).toLowerCase(),
  upper: (text) => print(text).toUpperCase(),
  title: (text) => print(text).replace(/(?<![\p{L}\p{N}'_])\p{L}/gu, (letter) => letter.toUpperCase()),
  split: (text, separator) => print(text).split(print(separator)),
  truncate: (text, length) => print(text).slice(0, Number(length)),
  pad: (text, before, after) =>
    print(text) === '' ? '' : ' '.repeat(Number(before)) + print(text) + ' '.repeat(Number(after)),
  print: (...values) => values.map(print).join(' '),
  println: (...values) => `${values.map(print).join(' ')}\n`,
  printf: (format, ...values) => printFormat(print(format), values),
  len: (value) =>
    typeof value === 'string' ? Buffer.byteLength(value) : isRecord(value) ? Object.keys(value).length : 0,
  index: (value, ...keys) => keys.reduce((found, key) => member(found, key), value),
  eq: (value, ...others) => others.some((other) => other === value),
  ne: (a, b) => a !== b,
  lt: (a, b) => Number(a) < Number(b),
  gt: (a, b) => Number(a) > Number(b),
  not: (value) => !isTrue(value),
  and: (...values) => values.find((value) => !isTrue(value)) ?? values.at(-1),
  or: (...values) => values.find(isTrue) ?? values.at(-1),
}

export function isFunction(name: string): boolean {
  return Object.hasOwn(functions, name)
}

export function call(name: string, args: readonly unknown[]): unknown {
  const found = functions[name]
  if (!found) throw new FlagError(`--format: function "${name}" not defined`)
  return found(...args)
}

/** Go's truth: not zero, not empty. */
export function isTrue(value: unknown): boolean {
  if (Array.isArray(value)) return value.length > 0
  return isRecord(value) ? Object.keys(value).length > 0 : Boolean(value)
}

/** A value as Go prints it: `[a b]`, `map[k:v]`, `<no value>`. */
export function print(value: unknown): string {
  if (value === undefined || value === null) return '<no value>'
  if (Array.isArray(value)) return `[${value.map(print).join(' ')}]`
  if (!isRecord(value)) return String(value)
  const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
  return `map[${members.map(([key, item]) => `${key}:${print(item)}`).join(' ')}]`
}

/** What a key or an index leads to; undefined when there is nothing. */
export function member(value: unknown, key: unknown): unknown {
  if (Array.isArray(value)) return value[Number(key)]
  return isRecord(value) && Object.hasOwn(value, String(key)) ? value[String(key)] : undefined
}

export function asList(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value
  return isRecord(value) ? Object.values(value) : []
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null
}

function printFormat(format: string, values: readonly unknown[]): string {
  const rest = [...values]
  return format.replace(/%(-?\d*)([sdvqx%])/g, (_match, width: string, verb: string) => {
    if (verb === '%') return '%'
    const value = rest.shift()
    const text = verb === 'q' ? JSON.stringify(print(value)) : verb === 'x' ? Number(value).toString(16) : print(value)
    return width.startsWith('-') ? text.padEnd(Number(width.slice(1))) : text.padStart(Number(width))
  })
}
