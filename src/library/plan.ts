import type { Plan } from '../graph/index.ts'
import type { Platform } from '../image/index.ts'
import type { BuildOptions, Environment } from '../options.ts'
import { planImage } from '../plan-image.ts'
import { load } from './load.ts'
import { openSession } from './session.ts'

/** What would be done for one platform. */
export interface PlannedImage {
  readonly platform: Platform
  /** A RUN that needs an emulator has `emulates`. */
  readonly plan: Plan
}

/**
 * What a build would do for each of its platforms, in their order. Asks and throws as `plan`.
 */
export async function plans(options: BuildOptions, environment: Environment): Promise<readonly PlannedImage[]> {
  await using session = await openSession(environment, options)
  const { dockerfile, requests, times } = await load(session, options, environment)
  return Promise.all(
    requests.map(async (request) => ({
      platform: request.platform,
      plan: await planImage(dockerfile, request, session.bases, times),
    })),
  )
}

/**
 * What a build would do, of several platforms for the first, without doing it: asks for the manifests and configs of base images and for nothing else.
 * @throws {TsbuildError} for what is wrong with the Dockerfile or the options
 */
export async function plan(options: BuildOptions, environment: Environment): Promise<Plan> {
  await using session = await openSession(environment, options)
  const { dockerfile, request, times } = await load(session, options, environment)
  return await planImage(dockerfile, request, session.bases, times)
}
