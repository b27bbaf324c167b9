import { planImage } from '../build.ts'
import type { Plan } from '../graph/index.ts'
import type { BuildOptions, Environment } from '../options.ts'
import { readDockerfile } from './dockerfile-source.ts'
import { planRequest } from './plan-request.ts'
import { openSession } from './session.ts'

/**
 * What a build would do, without doing it: asks for the manifests and configs of base images and for nothing else.
 * @throws {TsbuildError} for what is wrong with the Dockerfile or the options
 */
export async function plan(options: BuildOptions, environment: Environment): Promise<Plan> {
  const dockerfile = await readDockerfile(options.context, options.file, environment.cwd)
  await using session = await openSession(environment, options)
  return await planImage(dockerfile.source, planRequest(options, environment.arch), session.bases)
}
