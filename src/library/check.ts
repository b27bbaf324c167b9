import type { TsbuildError } from '../errors.ts'
import type { Warning } from '../graph/index.ts'
import type { BuildOptions, Environment } from '../options.ts'
import { check as checkDockerfile } from '../planner/index.ts'
import type { SourceFile } from '../source.ts'
import { load } from './load.ts'
import { shownBases } from './ports.ts'
import { progressTo } from './progress.ts'
import { openSession } from './session.ts'
import { type Unreached, withStandIns } from './unreached.ts'

/** What a check says about a Dockerfile. */
export interface CheckResult {
  readonly dockerfile: SourceFile
  /** Where the Dockerfile lies on this machine, absolute; absent when it is no file here. */
  readonly path?: string
  /** In the order of the file. */
  readonly warnings: readonly Warning[]
  /** Why it cannot be built. `warnings` has what was found all the same. */
  readonly error?: TsbuildError
  /** Base images that no registry could be asked about: what depends on them is not checked. */
  readonly unreached: readonly Unreached[]
}

/**
 * Checks a Dockerfile without building it: the stages that `options.target` needs, or every stage without one. Asks for the
 * configs of base images, runs nothing, and keeps nothing in the store.
 * @throws {TsbuildError} when there is no Dockerfile to look at, and for what is wrong with the options
 */
export async function check(options: BuildOptions, environment: Environment): Promise<CheckResult> {
  const progress = progressTo(options.onEvent ?? (() => {}), environment.now)
  await using session = await openSession(environment, { ...options, remember: false })
  const { dockerfile, path, request, times } = await load(session, options, environment, progress)
  const missing: Unreached[] = []
  const bases = withStandIns(shownBases(session.bases, progress), (image) => missing.push(image))
  const report = await checkDockerfile(dockerfile, request, bases, times)
  options.signal?.throwIfAborted()
  const error = report.error ?? missing.find((image) => !isOutOfReach(image))?.error
  return {
    dockerfile,
    ...(path !== undefined && { path }),
    warnings: report.warnings,
    ...(error && { error }),
    unreached: missing.filter(isOutOfReach),
  }
}

/** A registry that does not answer, or not without credentials, says nothing about the Dockerfile. */
function isOutOfReach({ error }: Unreached): boolean {
  return error.code.startsWith('TSB_REGISTRY_')
}
