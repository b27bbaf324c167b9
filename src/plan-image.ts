import type { Plan } from './graph/index.ts'
import { parse } from './parser/index.ts'
import { type BaseImages, type PlanRequest, plan, type SourceTimes } from './planner/index.ts'
import type { SourceFile } from './source.ts'

/** What would be done. Asks for manifests and configs of base images, and reads no file of a context. */
export function planImage(
  source: SourceFile,
  request: PlanRequest,
  bases: BaseImages,
  times?: SourceTimes,
): Promise<Plan> {
  return plan(
    parse(source, request.buildArgs.get('BUILDKIT_SYNTAX'), request.limits?.dockerfile),
    request,
    bases,
    times,
  )
}
