import type { Plan } from './graph/index.ts'
import { type Dockerfile, parse } from './parser/index.ts'
import { type BaseImages, type PlanRequest, plan, type SourceTimes, type Wanted, wantedFirst } from './planner/index.ts'
import type { SourceFile } from './source.ts'

/** What would be done. Asks for manifests and configs of base images, and reads no file of a context. */
export function planImage(
  source: SourceFile,
  request: PlanRequest,
  bases: BaseImages,
  times?: SourceTimes,
): Promise<Plan> {
  return plan(parsed(source, request), request, bases, times)
}

/** What is asked for first. @throws {TsbuildError} for what is wrong in the Dockerfile */
export function wantedOf(source: SourceFile, request: PlanRequest): Wanted {
  return wantedFirst(parsed(source, request), request)
}

function parsed(source: SourceFile, { buildArgs, limits }: PlanRequest): Dockerfile {
  return parse(source, buildArgs.get('BUILDKIT_SYNTAX'), limits?.dockerfile)
}
