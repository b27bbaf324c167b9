import { TsbuildError } from '../errors.ts'
import type { Dockerfile } from '../parser/index.ts'
import type { SourceRange } from '../source.ts'
import { epochStageSource } from './epoch-stage.ts'
import type { Reading } from './expand.ts'
import type { PlanRequest, SourceTimes } from './request.ts'
import { namedContextOf } from './stages/contexts.ts'
import type { Variables } from './variables.ts'

const argument = 'SOURCE_DATE_EPOCH'

/** The time that all that a build adds gets, and what the instructions see of it. */
export interface Epoch {
  /** Since 1970; absent when nobody asks for one, or what is asked for has no time of its own. */
  readonly seconds?: number
  /** Both as given, with the number in place of a name, and nothing in place of one without a time. */
  readonly request: PlanRequest
  readonly globals: Variables
}

/**
 * SOURCE_DATE_EPOCH: of `--build-arg`, else of an ARG before the first FROM. It is a number of seconds, or the name of what
 * has a time: `context`, a named context, or a stage that holds nothing but one ADD of a URL or a git repository.
 * @throws {TsbuildError} TSB_EPOCH for what is none of them
 * @see https://reproducible-builds.org/specs/source-date-epoch/
 */
export async function sourceDateEpoch(
  dockerfile: Dockerfile,
  request: PlanRequest,
  globals: Variables,
  reading: Reading,
  times: SourceTimes,
): Promise<Epoch> {
  const text = request.buildArgs.get(argument) ?? globals.get(argument)
  if (text === undefined || text === '') return { request, globals }
  if (/^[0-9]{1,12}$/.test(text)) return { seconds: Number(text), request, globals }
  const seconds = await timeOf(text, dockerfile, request, globals, reading, times)
  const value = seconds === undefined ? '' : String(seconds)
  return {
    ...(seconds !== undefined && { seconds }),
    request: { ...request, buildArgs: replaced(request.buildArgs, value) },
    globals: replaced(globals, value),
  }
}

async function timeOf(
  name: string,
  dockerfile: Dockerfile,
  request: PlanRequest,
  globals: Variables,
  reading: Reading,
  times: SourceTimes,
): Promise<number | undefined> {
  if (name === 'context') return times.context(name)
  const context = namedContextOf(request, name, request.buildPlatform)
  if (context) return times.context(context.name)
  const stage = dockerfile.stages.find((candidate) => candidate.name === name.toLowerCase())
  if (!stage) throw invalid(name, request.buildArgs.has(argument) ? undefined : placeOf(dockerfile))
  const { op, login } = epochStageSource(stage, request, without(globals), reading)
  return times.remote(op, login)
}

function invalid(value: string, at: SourceRange | undefined): TsbuildError {
  return new TsbuildError('TSB_EPOCH', `invalid ${argument}: ${value}`, {
    at,
    hint: 'give the seconds since 1970, such as $(git log -1 --format=%ct), or the name of a context or stage',
  })
}

function placeOf({ globalArgs }: Dockerfile): SourceRange | undefined {
  return globalArgs.flatMap((instruction) => instruction.args).find(({ name }) => name === argument)?.at
}

function replaced(values: ReadonlyMap<string, string>, value: string): ReadonlyMap<string, string> {
  return values.has(argument) ? new Map(values).set(argument, value) : values
}

function without(globals: Variables): Variables {
  return new Map([...globals].filter(([name]) => name !== argument))
}
