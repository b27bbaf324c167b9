import { TsbuildError } from '../../errors.ts'
import type { Warning } from '../../graph/index.ts'
import { parsePartly } from '../../parser/index.ts'
import type { SourceFile } from '../../source.ts'
import { planStages } from '../plan-stages.ts'
import { type BaseImages, noTimes, type PlanRequest, type SourceTimes } from '../request.ts'
import { createChecks } from './checks.ts'
import { checkText } from './file-checks.ts'
import { checkOptions } from './options.ts'

/** What the checks say about a Dockerfile. */
export interface CheckReport {
  /** In the order of the file, without those that `# check=skip=` takes away. */
  readonly warnings: readonly Warning[]
  /**
   * Why the file cannot be built: it does not parse or plan, or `error=true` and there are warnings (TSB_CHECK_FAILED).
   * `warnings` has what was found before it.
   */
  readonly error?: TsbuildError
  /** `# check=error=true`, or the build argument BUILDKIT_DOCKERFILE_CHECK says so: any warning fails a build. */
  readonly errorOnWarning: boolean
}

/**
 * Checks a Dockerfile without building it: the stages that `request.target` needs, or every stage when it names none. Asks
 * for the configs of base images, and touches nothing else.
 */
export async function check(
  source: SourceFile,
  request: PlanRequest,
  bases: BaseImages,
  times: SourceTimes = noTimes,
): Promise<CheckReport> {
  const read = orError(() => {
    const { dockerfile, error } = parsePartly(
      source,
      request.buildArgs.get('BUILDKIT_SYNTAX'),
      request.limits?.dockerfile,
    )
    return { dockerfile, error, options: checkOptions(dockerfile, request) }
  })
  if (read instanceof TsbuildError) return { warnings: [], error: read, errorOnWarning: false }
  const { dockerfile, options } = read
  const checks = createChecks(options)
  checkText(dockerfile, request, checks)
  const scope = request.target ? 'needed' : 'all'
  const planned = read.error ?? (await planStages(dockerfile, request, { bases, times }, checks, scope).catch(expected))
  const error = planned instanceof TsbuildError ? planned : checks.failure()
  return { warnings: checks.warnings(), ...(error && { error }), errorOnWarning: options.errorOnWarning }
}

function orError<T>(work: () => T): T | TsbuildError {
  try {
    return work()
  } catch (error) {
    return expected(error)
  }
}

function expected(error: unknown): TsbuildError {
  if (error instanceof TsbuildError) return error
  throw error
}
