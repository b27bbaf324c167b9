import { TsbuildError } from '../errors.ts'
import type { Dockerfile } from '../parser/index.ts'
import type { PlanRequest } from './request.ts'
import type { Variables } from './variables.ts'

const name = 'SOURCE_DATE_EPOCH'

/**
 * The time that all that a build adds gets, in seconds since 1970: of `--build-arg`, else of an ARG before the first FROM.
 * @throws {TsbuildError} TSB_EPOCH for what is no number of seconds
 * @see https://reproducible-builds.org/specs/source-date-epoch/
 */
export function sourceDateEpoch(dockerfile: Dockerfile, request: PlanRequest, globals: Variables): number | undefined {
  const text = globals.get(name) ?? request.buildArgs.get(name)
  if (text === undefined || text === '') return undefined
  if (/^[0-9]{1,12}$/.test(text)) return Number(text)
  const argument = dockerfile.globalArgs.flatMap((instruction) => instruction.args).find((arg) => arg.name === name)
  throw new TsbuildError('TSB_EPOCH', `invalid ${name}: ${text}`, {
    ...(!request.buildArgs.has(name) && { at: argument?.at }),
    hint: 'give the seconds since 1970, such as $(git log -1 --format=%ct)',
  })
}
