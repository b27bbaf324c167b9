import { didYouMean, TsbuildError } from '../../errors.ts'
import type { SourceRange } from '../../source.ts'

const units: ReadonlyMap<string, number> = new Map([...'kmgtp'].map((letter, i) => [letter, 1024 ** (i + 1)]))

export function mountError(message: string, hint: string | undefined, at?: SourceRange): TsbuildError {
  return new TsbuildError('TSB_MOUNT', message, { hint, at })
}

export function oneOf<T extends string>(known: readonly T[], value: string, problem: string): T {
  const found = known.find((candidate) => candidate === value.toLowerCase())
  if (found !== undefined) return found
  throw mountError(`${problem} ${JSON.stringify(value)}`, didYouMean(value, known) ?? `one of ${known.join(', ')}`)
}

export function parseBoolean(key: string, value: string): boolean {
  if (/^(1|t|true)$/i.test(value)) return true
  if (/^(0|f|false)$/i.test(value)) return false
  throw mountError(`invalid value for ${key}: ${value}`, `write ${key}=true or ${key}=false`)
}

/** `10m`, `1.5g`, `512`: bytes, units of 1024. */
export function parseBytes(key: string, value: string): number {
  const [, digits = '', unit = ''] = /^(\d+(?:\.\d+)?) ?(?:([kmgtp])?i?b?)$/i.exec(value) ?? []
  if (digits === '') throw mountError(`invalid value for ${key}: ${value}`, 'a size is written 512, 64m or 1g')
  return Math.floor(Number(digits) * (units.get(unit.toLowerCase()) ?? 1))
}

export function parseMode(key: string, value: string): number {
  if (/^[0-7]+$/.test(value) && Number.parseInt(value, 8) <= 0o7777) return Number.parseInt(value, 8)
  throw mountError(`invalid value ${value} for ${key}`, 'a mode is octal: 0755')
}

export function parseNumber(key: string, value: string): number {
  if (/^\d+$/.test(value) && Number(value) <= 0xffff_fffe) return Number(value)
  throw mountError(`invalid value ${value} for ${key}`, `${key} is a number from 0 to 4294967294`)
}
