import { isIP } from 'node:net'
import { didYouMean } from '../../errors.ts'
import type { Space } from '../../index.ts'
import { FlagError } from './flag-error.ts'

const factors: Readonly<Record<string, number>> = { '': 1, b: 1, k: 2 ** 10, m: 2 ** 20, g: 2 ** 30, t: 2 ** 40 }

/** `64m` in bytes. Units are powers of 1024, as in `docker build --shm-size`. */
export function readBytes(flag: string, text: string, forms = '64m, 1g or bytes'): number {
  const match = /^(\d+(?:\.\d+)?)\s*([bkmgt]?)(?:i?b)?$/i.exec(text)
  const factor = factors[match?.[2]?.toLowerCase() ?? 'none']
  if (!match || factor === undefined) throw new FlagError(`invalid size for ${flag}: ${text}`, `write ${forms}`)
  return Math.floor(Number(match[1]) * factor)
}

/** Bytes with a unit, or hundredths of the disk. */
export function readSpace(flag: string, text: string): Space {
  const percent = /^(\d+(?:\.\d+)?)%$/.exec(text)?.[1]
  if (percent === undefined) return readBytes(flag, text)
  if (Number(percent) > 100) throw new FlagError(`invalid value for ${flag}: ${text}`, 'at most 100%')
  return `${Number(percent)}%`
}

export interface Ulimit {
  readonly name: string
  readonly soft: number
  readonly hard: number
}

/** `nofile=1024:2048`, or one number for both; -1 is no limit. */
export function readUlimit(text: string): Ulimit {
  const match = /^([a-z]+)=(-1|\d+)(?::(-1|\d+))?$/.exec(text)
  if (!match) throw new FlagError(`invalid value for --ulimit: ${text}`, 'write --ulimit nofile=1024:2048')
  const soft = Number(match[2])
  const hard = Number(match[3] ?? match[2])
  if (hard !== -1 && (soft === -1 || soft > hard)) {
    throw new FlagError(`--ulimit ${text}: the soft limit is above the hard one`)
  }
  return { name: match[1] ?? '', soft, hard }
}

/** `name:ip`, `name=ip`, the address also in brackets, or `name:host-gateway`; gives `name:ip`. */
export function readHost(text: string): string {
  const [, name, written = ''] = /^([\w.-]+)[:=](\S+)$/.exec(text) ?? []
  const address = /^\[(.+)\]$/.exec(written)?.[1] ?? written
  if (name !== undefined && (address === 'host-gateway' || isIP(address) !== 0)) return `${name}:${address}`
  const hint = 'write --add-host NAME:ADDRESS with an IP address, or NAME:host-gateway for this machine'
  throw new FlagError(`invalid value for --add-host: ${JSON.stringify(text)}`, hint)
}

/** A whole number of at least `least`. */
export function readNumber(flag: string, text: string, least: number): number {
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN
  if (!(value >= least)) throw new FlagError(`invalid value for ${flag}: ${text}`, `a whole number from ${least} on`)
  return value
}

/** One of a few words. */
export function readChoice<T extends string>(flag: string, text: string, choices: readonly T[]): T {
  const found = choices.find((choice) => choice === text)
  if (found) return found
  throw new FlagError(`invalid value for ${flag}: ${text}`, didYouMean(text, choices) ?? `one of ${choices.join(', ')}`)
}

const units: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 }

/** Timers of Node go no further. */
const longest = 2 ** 31 - 1

/** `1h30m`, `90s` or `500ms` in milliseconds. */
export function readDuration(flag: string, text: string): number {
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)(ms|[smh])/g)]
  const isWhole = parts.length > 0 && parts.map(([part]) => part).join('') === text
  const total = parts.reduce((sum, [, number, unit = '']) => sum + Number(number) * (units[unit] ?? 0), 0)
  if (isWhole && total <= longest) return Math.round(total)
  throw new FlagError(`invalid value for ${flag}: ${text}`, 'write 90s, 10m or 1h30m, of 24 days at most')
}
