import type { Plan } from '../graph/index.ts'
import type { BuildOptions, Environment } from '../options.ts'
import { planImage } from '../plan-image.ts'
import { load } from './load.ts'
import { openSession } from './session.ts'

/**
 * What a build would do, without doing it: asks for the manifests and configs of base images and for nothing else.
 * @throws {TsbuildError} for what is wrong with the Dockerfile or the options
 */
export async function plan(options: BuildOptions, environment: Environment): Promise<Plan> {
  await using session = await openSession(environment, options)
  const { dockerfile, request, times } = await load(session, options, environment)
  return await planImage(dockerfile, request, session.bases, times)
}
