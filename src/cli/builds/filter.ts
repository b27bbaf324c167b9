import { didYouMean } from '../../errors.ts'
import type { BuildRecord } from '../../index.ts'
import { FlagError } from '../flags/flag-error.ts'

const values: Readonly<Record<string, (build: BuildRecord) => string>> = {
  id: ({ id }) => id,
  ref: ({ id }) => id,
  name: ({ name }) => name,
  status: ({ status }) => status,
  context: ({ context }) => context,
}

/** What several `--filter` let through: all of them have to hold. @throws {FlagError} */
export function filterBuilds(texts: readonly string[]): (build: BuildRecord) => boolean {
  const conditions = texts.map(readCondition)
  return (build) => conditions.every((holds) => holds(build))
}

function readCondition(text: string): (build: BuildRecord) => boolean {
  const [, key = text, operator, wanted = ''] = /^([a-z]+?)(!=|~=|=)(.*)$/is.exec(text) ?? []
  const textIn = Object.hasOwn(values, key) ? values[key] : undefined
  if (!textIn || operator === undefined) {
    const hint = textIn ? `write --filter ${key}=VALUE` : didYouMean(key, Object.keys(values))
    throw new FlagError(`invalid value for --filter: ${text}`, hint ?? `keys: ${Object.keys(values).join(', ')}`)
  }
  if (operator === '=') return (build) => textIn(build) === wanted
  if (operator === '!=') return (build) => textIn(build) !== wanted
  const pattern = readPattern(wanted)
  return (build) => pattern.test(textIn(build))
}

function readPattern(text: string): RegExp {
  try {
    return new RegExp(text)
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
    throw new FlagError(`--filter: not a regular expression: ${text}`)
  }
}
