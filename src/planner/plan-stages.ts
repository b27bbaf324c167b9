import type { Plan } from '../graph/index.ts'
import type { Dockerfile, StageInstruction } from '../parser/index.ts'
import type { Checks } from './checks/checks.ts'
import { checkFile } from './checks/file-checks.ts'
import { ignoredBy } from './checks/ignored-sources.ts'
import { checkLayerCount } from './checks/layer-count.ts'
import { checkUnusedArguments } from './checks/unused-arguments.ts'
import { sourceDateEpoch } from './epoch.ts'
import { finishImage } from './finish.ts'
import { globalVariables } from './globals.ts'
import { createGraph } from './graph-builder.ts'
import { historyOf } from './history.ts'
import type { BaseImages, PlanRequest, SourceTimes } from './request.ts'
import { refuseCycles } from './stages/cycles.ts'
import { linkStages } from './stages/link.ts'
import { lowerStages } from './stages/lower.ts'
import { findNeeds, type NeededStage } from './stages/need.ts'
import { checkStageFilter, findTarget } from './stages/target.ts'
import { createBudget } from './words/index.ts'

/** What progress shows of a Dockerfile may have. */
const labelLimits = { dockerfile: 16 << 20, value: 1 << 20, values: 16 << 20 }

/** Whom planning asks. */
export interface PlanPorts {
  readonly bases: BaseImages
  readonly times: SourceTimes
}

/**
 * Plans the target, and tells the checks what it finds on the way.
 * @param scope `all` plans the stages that the target does not need as well, for what they show
 */
export async function planStages(
  dockerfile: Dockerfile,
  asked: PlanRequest,
  { bases, times }: PlanPorts,
  checks: Checks,
  scope: 'needed' | 'all',
): Promise<Omit<Plan, 'warnings'>> {
  const { stages, escape: escapeChar } = dockerfile
  const reading = { escape: escapeChar, budget: createBudget(asked.limits) }
  const given = globalVariables(dockerfile, asked, reading)
  checkFile(dockerfile, asked, given, checks)
  const { seconds: epoch, request, globals } = await sourceDateEpoch(dockerfile, asked, given, reading, times)
  const linker = linkStages(dockerfile, request, globals, reading)
  const target = findTarget(dockerfile, request.target)
  checkStageFilter(dockerfile, request.noCache)
  refuseCycles(linker.stages)
  const needs = await findNeeds(linker, scope === 'all' ? stages.map((_, index) => index) : [target], bases)
  const triggers = needs.stages.flatMap((stage) => stage.triggers)
  checkUnusedArguments(dockerfile, triggers, asked, checks.warn)
  const ignored = needs.stages.some(copiesContext) ? await request.ignorePatterns?.() : undefined
  const graph = createGraph()
  const result = lowerStages(needs.stages, {
    request,
    globals,
    escape: escapeChar,
    graph,
    budget: reading.budget,
    labelBudget: createBudget(labelLimits),
    bases: needs.bases,
    named: stages.length > 1,
    checks,
    isIgnored: ignored && ignoredBy(ignored),
  }).get(target)
  if (!result) throw new Error(`stage ${target} is not lowered`)
  checkLayerCount(result, stages[target]?.from.at, checks.warn)
  const nodes = graph.nodes()
  const image = { config: finishImage(result, request), history: historyOf(result, nodes) }
  return { nodes, target: result.snapshot, image, ...(epoch !== undefined && { epoch }) }
}

function copiesContext({ triggers, instructions }: NeededStage): boolean {
  return [triggers, instructions].some((lines) => lines.some(mayCopyContext))
}

function mayCopyContext(line: StageInstruction): boolean {
  return (line.kind === 'add' || (line.kind === 'copy' && !line.from)) && line.sources.length > 0
}
