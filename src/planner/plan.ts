import type { Plan, Warning } from '../graph/index.ts'
import type { Dockerfile } from '../parser/index.ts'
import { sourceDateEpoch } from './epoch.ts'
import { finishImage } from './finish.ts'
import { globalVariables } from './globals.ts'
import { createGraph } from './graph-builder.ts'
import { historyOf } from './history.ts'
import type { BaseImages, PlanRequest, SourceTimes } from './request.ts'
import { refuseCycles } from './stages/cycles.ts'
import { linkStages } from './stages/link.ts'
import { lowerStages } from './stages/lower.ts'
import { findNeeds } from './stages/need.ts'
import { checkStageFilter, findTarget } from './stages/target.ts'
import { unusedArguments } from './unused.ts'

/**
 * What has to be done for the target, and what image it becomes. Asks for the base images, and for a time where
 * SOURCE_DATE_EPOCH names one, and touches nothing else: the same file, request and answers give the same plan.
 * @throws {TsbuildError} TSB_UNKNOWN_TARGET, TSB_STAGE_CYCLE, TSB_ENTITLEMENT and whatever else is wrong in the Dockerfile
 */
export async function plan(
  dockerfile: Dockerfile,
  asked: PlanRequest,
  bases: BaseImages,
  times: SourceTimes = noTimes,
): Promise<Plan> {
  const warnings: Warning[] = [...dockerfile.warnings, ...unusedArguments(dockerfile, asked)]
  const reading = { escape: dockerfile.escape, warn: (warning: Warning) => void warnings.push(warning) }
  const given = globalVariables(dockerfile, asked, reading)
  const { seconds: epoch, request, globals } = await sourceDateEpoch(dockerfile, asked, given, reading, times)
  const linker = linkStages(dockerfile, request, globals, reading)
  const target = findTarget(dockerfile, request.target)
  checkStageFilter(dockerfile, request.noCache)
  refuseCycles(linker.stages)
  const needs = await findNeeds(linker, target, bases)
  const graph = createGraph()
  const file = { request, globals, ...reading, graph, bases: needs.bases, named: dockerfile.stages.length > 1 }
  const result = lowerStages(needs.stages, file).get(target)
  if (!result) throw new Error(`stage ${target} is not lowered`)
  const nodes = graph.nodes()
  const image = { config: finishImage(result.image, request), history: historyOf(result, nodes) }
  return { nodes, target: result.snapshot, image, warnings, ...(epoch !== undefined && { epoch }) }
}

/** Of sources that nobody could ask. */
const noTimes: SourceTimes = { context: async () => undefined, remote: async () => undefined }
