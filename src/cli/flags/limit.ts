import { didYouMean } from '../../errors.ts'
import type { LimitOptions } from '../../index.ts'
import { isLimitName, limitNames, limitTable } from '../../limits.ts'
import { FlagError } from './flag-error.ts'
import { readBytes } from './limits.ts'

const variable = 'TSBUILD_LIMITS'

/**
 * `--limit NAME=VALUE`, as often as it is given, over `TSBUILD_LIMITS=NAME=VALUE,NAME=VALUE`. Undefined when nobody says
 * anything.
 * @throws {FlagError}
 */
export function readLimits(
  texts: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): LimitOptions | undefined {
  const inherited = (env[variable] ?? '').split(',').filter((text) => text !== '')
  const pairs = [
    ...inherited.map((text) => readLimit(variable, text)),
    ...texts.map((text) => readLimit('--limit', text)),
  ]
  return pairs.length === 0 ? undefined : Object.fromEntries(pairs)
}

function readLimit(flag: string, text: string): readonly [name: string, value: number] {
  const [, name = '', value = ''] = /^([^=]+)=(.+)$/s.exec(text) ?? []
  if (name === '') throw new FlagError(`${flag} ${text}: not of the form NAME=VALUE`, 'write archive-entries=10000000')
  if (!isLimitName(name)) {
    const all = `one of ${limitNames.join(', ')}`
    throw new FlagError(`${flag}: there is no limit ${name}`, didYouMean(name, limitNames) ?? all)
  }
  const { unit, most } = limitTable[name]
  const number = unit === 'number' ? plainNumber(value) : readBytes(`${flag} ${name}`, value)
  if (number >= 1 && number <= most) return [name, number]
  throw new FlagError(`invalid value for ${flag} ${name}: ${value}`, `a whole number from 1 to ${most}`)
}

function plainNumber(text: string): number {
  return /^\d+$/.test(text) ? Number(text) : Number.NaN
}
