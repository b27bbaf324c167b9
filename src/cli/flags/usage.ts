import { didYouMean } from '../../errors.ts'
import type { UsageEntry, UsageFilter } from '../../index.ts'
import { parseDuration } from '../../parser/index.ts'
import { FlagError } from './flag-error.ts'

const keys: readonly UsageFilter['key'][] = [
  'id',
  'type',
  'description',
  'parents',
  'inuse',
  'mutable',
  'immutable',
  'shared',
  'private',
]
/** Those of entries, and what BuildKit has besides: scripts may name it, and nothing here is of it. */
const types: Readonly<Record<UsageEntry['type'] | 'frontend' | 'source.local', 'here' | 'elsewhere'>> = {
  regular: 'here',
  image: 'here',
  internal: 'here',
  'source.http': 'here',
  'source.git.checkout': 'here',
  'exec.cachemount': 'here',
  'source.local': 'elsewhere',
  frontend: 'elsewhere',
}

const switches: readonly string[] = ['inuse', 'mutable', 'immutable', 'shared', 'private']

/** What several `--filter` say. */
export interface Filters {
  readonly filters: readonly UsageFilter[]
  /** Milliseconds. */
  readonly unusedFor?: number
}

/** @throws {FlagError} */
export function readFilters(texts: readonly string[], keepDuration?: string): Filters {
  const times = keepDuration === undefined ? [] : [readTime('--keep-duration', keepDuration)]
  const filters: UsageFilter[] = []
  for (const text of texts) {
    const [, key = text, operator = '=', value = 'true'] = /^([a-z-]+?)(!=|~=|=)(.*)$/s.exec(text) ?? []
    if (key === 'until' && operator === '=') times.push(readTime('--filter until', value))
    else filters.push(readFilter(text, key, operator, value))
  }
  return { filters, ...(times.length > 0 && { unusedFor: Math.max(...times) }) }
}

function readFilter(text: string, key: string, operator: string, value: string): UsageFilter {
  const known = keys.find((name) => name === key)
  const needsValue = text === key && !switches.includes(key)
  if (!known || needsValue) {
    const names = [...keys, 'until']
    const hint = needsValue && known ? `write --filter ${key}=VALUE` : didYouMean(key, names)
    throw new FlagError(`invalid value for --filter: ${text}`, hint ?? `keys: ${names.join(', ')}`)
  }
  if (switches.includes(key) && !['true', 'false'].includes(value)) {
    throw new FlagError(`invalid value for --filter: ${text}`, `write --filter ${key}=true or ${key}=false`)
  }
  if (operator === '~=') checkPattern(value)
  else if (key === 'type') checkType(text, value)
  return { key: known, operator: operator === '!=' || operator === '~=' ? operator : '=', value }
}

function checkType(text: string, type: string): void {
  if (Object.hasOwn(types, type)) return
  const here = Object.entries(types).flatMap(([name, place]) => (place === 'here' ? [name] : []))
  throw new FlagError(
    `--filter ${text}: nothing is of that type`,
    didYouMean(type, here) ?? `types: ${here.join(', ')}`,
  )
}

function checkPattern(pattern: string): void {
  try {
    new RegExp(pattern)
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
    throw new FlagError(`--filter: not a regular expression: ${pattern}`)
  }
}

/** A duration as Go writes it, in milliseconds. */
function readTime(flag: string, text: string): number {
  const nanoseconds = parseDuration(text)
  if (typeof nanoseconds === 'number' && nanoseconds >= 0) return nanoseconds / 1e6
  throw new FlagError(`invalid value for ${flag}: ${text}`, 'write 24h, 90m or 30s')
}
