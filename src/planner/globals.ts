import { formatPlatform, normalizePlatform } from '../image/index.ts'
import type { Dockerfile } from '../parser/index.ts'
import { expandGlobal, type Reading } from './expand.ts'
import type { PlanRequest } from './request.ts'
import { setVariable, type Variables } from './variables.ts'

/**
 * What FROM lines see, and where a bare `ARG NAME` of a stage gets its value: the platform arguments, and the ARGs before
 * the first FROM. `--build-arg` wins over both.
 * @param given the arguments that count for ARGs of the file: those of the request, unless it is asked what would be without
 */
export function globalVariables(
  dockerfile: Dockerfile,
  request: PlanRequest,
  reading: Reading,
  given: ReadonlyMap<string, string> = request.buildArgs,
): Variables {
  const variables = new Map(platformVariables(dockerfile, request))
  for (const { name, value, at } of dockerfile.globalArgs.flatMap((instruction) => instruction.args)) {
    const set = given.get(name) ?? (value && expandGlobal(value, variables, reading))
    if (set === undefined) continue
    reading.budget.spend(set.length, at)
    setVariable(variables, name, set)
  }
  return variables
}

/** The arguments that a stage may declare without their being given. */
function platformVariables(dockerfile: Dockerfile, request: PlanRequest): Variables {
  const target = normalizePlatform(request.platform)
  const build = normalizePlatform(request.buildPlatform)
  const values: readonly (readonly [string, string | undefined])[] = [
    ['BUILDPLATFORM', formatPlatform(build)],
    ['BUILDOS', build.os],
    ['BUILDOSVERSION', build['os.version']],
    ['BUILDARCH', build.architecture],
    ['BUILDVARIANT', build.variant],
    ['TARGETPLATFORM', formatPlatform(target)],
    ['TARGETOS', target.os],
    ['TARGETOSVERSION', target['os.version']],
    ['TARGETARCH', target.architecture],
    ['TARGETVARIANT', target.variant],
    ['TARGETSTAGE', (request.target ?? dockerfile.stages.at(-1)?.name) || 'default'],
  ]
  return new Map(values.map(([name, value]) => [name, request.buildArgs.get(name) ?? value ?? '']))
}
