import type { TsbuildError } from '../errors.ts'
import { mergeWarnings, type Warning } from '../graph/index.ts'
import type { BuildOptions, Environment } from '../options.ts'
import { type CheckReport, check as checkDockerfile } from '../planner/index.ts'
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
 * Checks a Dockerfile without building it, for each platform: the stages that `options.target` needs, or every stage without one. Asks for the
 * configs of base images, runs nothing, and keeps nothing in the store.
 * @throws {TsbuildError} when there is no Dockerfile to look at, and for what is wrong with the options
 */
export async function check(options: BuildOptions, environment: Environment): Promise<CheckResult> {
  const progress = progressTo(options.onEvent ?? (() => {}), environment.now)
  await using session = await openSession(environment, { ...options, remember: false })
  const { dockerfile, path, requests, times } = await load(session, options, environment, progress)
  const missing: Unreached[] = []
  const reports: CheckReport[] = []
  for (const request of requests) {
    const shown = shownBases(session.bases, progress, request.severalPlatforms)
    const bases = withStandIns(shown, (image) => missing.push(image))
    reports.push(await checkDockerfile(dockerfile, request, bases, times))
    options.signal?.throwIfAborted()
  }
  const error = reports.find((report) => report.error)?.error ?? missing.find((image) => !isOutOfReach(image))?.error
  return {
    dockerfile,
    ...(path !== undefined && { path }),
    warnings: mergeWarnings(reports).toSorted((a, b) => lineOf(a) - lineOf(b)),
    ...(error && { error }),
    unreached: eachOnce(missing.filter(isOutOfReach)),
  }
}

/** What has no place comes last. */
function lineOf({ at }: Warning): number {
  return at?.start.line ?? Number.MAX_SAFE_INTEGER
}

/** What cannot be reached for one platform cannot be for the others. */
function eachOnce(missing: readonly Unreached[]): readonly Unreached[] {
  return [...new Map(missing.map((image) => [image.reference, image])).values()]
}

/** A registry that does not answer, or not without credentials, says nothing about the Dockerfile. */
function isOutOfReach({ error }: Unreached): boolean {
  return error.code.startsWith('TSB_REGISTRY_')
}
