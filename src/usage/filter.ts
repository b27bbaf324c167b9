import type { Entry } from './entry.ts'

/** A condition on entries, such as `type=regular` or `description~=make`. */
export interface UsageFilter {
  readonly key: (typeof filterKeys)[number]
  readonly operator: '=' | '!=' | '~='
  /** For `~=` a regular expression. */
  readonly value: string
}

/** As buildx has them; the last five may stand alone. */
export const filterKeys = [
  'id',
  'type',
  'description',
  'parents',
  'inuse',
  'mutable',
  'immutable',
  'shared',
  'private',
] as const

/** True for an entry for which all of the filters hold. An id may be the beginning of one. */
export function matcherOf(filters: readonly UsageFilter[]): (entry: Entry) => boolean {
  const tests = filters.map(({ key, operator, value }) => {
    const holds = testOf(operator, value, key === 'id' || key === 'parents')
    const isNot = operator === '!='
    return (entry: Entry) => valuesOf(entry, key).some(holds) !== isNot
  })
  return (entry) => tests.every((test) => test(entry))
}

function testOf(operator: UsageFilter['operator'], value: string, isId: boolean): (text: string) => boolean {
  if (operator === '~=') {
    const pattern = new RegExp(value)
    return (text) => pattern.test(text)
  }
  return isId ? (text) => text === value || (value.length >= 4 && text.startsWith(value)) : (text) => text === value
}

function valuesOf(entry: Entry, key: UsageFilter['key']): readonly string[] {
  switch (key) {
    case 'id':
    case 'type':
    case 'description':
      return [entry[key]]
    case 'parents':
      return entry.parents
    case 'inuse':
      return [String(!isReclaimable(entry))]
    case 'mutable':
    case 'immutable':
      return [String(entry.mutable === (key === 'mutable'))]
    case 'shared':
    case 'private':
      return [String(entry.shared.length > 0 === (key === 'shared'))]
  }
}

/** Whether something of it can be given back. */
export function isReclaimable({ kept, parts }: Entry): boolean {
  return !kept && parts.length > 0
}
