import type { Plan } from '../graph/index.ts'
import type { Dockerfile } from '../parser/index.ts'
import { createChecks } from './checks/checks.ts'
import { checkText } from './checks/file-checks.ts'
import { checkOptions } from './checks/options.ts'
import { planStages } from './plan-stages.ts'
import { type BaseImages, noTimes, type PlanRequest, type SourceTimes } from './request.ts'

/**
 * What has to be done for the target, and what image it becomes. Asks for the base images, for a time where
 * SOURCE_DATE_EPOCH names one, and touches nothing else: the same file, request and answers give the same plan.
 * @throws {TsbuildError} TSB_UNKNOWN_TARGET, TSB_STAGE_CYCLE, TSB_ENTITLEMENT and whatever else is wrong in the Dockerfile;
 * TSB_CHECK_OPTIONS, and TSB_CHECK_FAILED for a warning where `# check=error=true` forbids them
 */
export async function plan(
  dockerfile: Dockerfile,
  request: PlanRequest,
  bases: BaseImages,
  times: SourceTimes = noTimes,
): Promise<Plan> {
  const checks = createChecks(checkOptions(dockerfile, request))
  checkText(dockerfile, request, checks)
  const planned = await planStages(dockerfile, request, { bases, times }, checks, 'needed')
  const failure = checks.failure()
  if (failure) throw failure
  return { ...planned, warnings: checks.warnings() }
}
