import { TsbuildError } from '../../errors.ts'
import type { Warning } from '../../graph/index.ts'
import { parse } from '../../parser/index.ts'
import type { SourceFile } from '../../source.ts'
import { plan } from '../plan.ts'
import type { BaseImages, PlanRequest } from '../request.ts'

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
 * for the configs of base images, and reads no file.
 */
export async function check(source: SourceFile, request: PlanRequest, bases: BaseImages): Promise<CheckReport> {
  try {
    const { warnings } = await plan(parse(source), request, bases)
    return { warnings, errorOnWarning: false }
  } catch (error) {
    if (!(error instanceof TsbuildError)) throw error
    return { warnings: [], error, errorOnWarning: false }
  }
}
