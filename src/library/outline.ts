import type { BuildOptions, Environment } from '../options.ts'
import { parse } from '../parser/index.ts'
import { type Outline, outline as outlineOf, type Target, targets as targetsOf } from '../planner/index.ts'
import type { SourceFile } from '../source.ts'
import { load } from './load.ts'
import { progressTo } from './progress.ts'
import { openSession } from './session.ts'

/** What was found, and in which Dockerfile. */
export interface Found<T> {
  readonly dockerfile: SourceFile
  readonly found: T
}

/**
 * What `options.target`, or the last stage, can be given: arguments, secrets, agents, caches. Asks for no image.
 * @throws {TsbuildError} for what is wrong with the Dockerfile or the options
 */
export async function outline(options: BuildOptions, environment: Environment): Promise<Found<Outline>> {
  const { dockerfile, request } = await loadOnly(options, environment)
  return { dockerfile, found: outlineOf(parse(dockerfile, undefined, request.limits?.dockerfile), request) }
}

/**
 * The stages of a Dockerfile, in order.
 * @throws {TsbuildError} for a Dockerfile that cannot be read
 */
export async function targets(options: BuildOptions, environment: Environment): Promise<Found<readonly Target[]>> {
  const { dockerfile, request } = await loadOnly(options, environment)
  return { dockerfile, found: targetsOf(parse(dockerfile, undefined, request.limits?.dockerfile)) }
}

async function loadOnly(options: BuildOptions, environment: Environment) {
  const progress = progressTo(options.onEvent ?? (() => {}), environment.now)
  await using session = await openSession(environment, options)
  return await load(session, options, environment, progress)
}
