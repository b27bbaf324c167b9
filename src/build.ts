import type { Cache } from './cache/index.ts'
import { TsbuildError } from './errors.ts'
import { type Executed, type ExecutorPorts, execute } from './executor/index.ts'
import { mergeNodes, mergeWarnings, type Plan, type Warning } from './graph/index.ts'
import { assemble, type Image, type Layer } from './image/index.ts'
import type { CheckFailedError, PlanRequest } from './planner/index.ts'
import { type PlanPorts, rememberedPlan } from './remembered-plan.ts'
import type { SourceFile } from './source.ts'

/** What a build asks of the world. */
export interface BuildPorts extends ExecutorPorts, PlanPorts {
  readonly cache: Cache
}

/** An image, before it is named or exported, and the plan that it comes from. */
export interface BuiltImage {
  readonly image: Image
  readonly plan: Plan
}

/** What came of a build. */
export interface Built {
  /** One for each request, in their order. */
  readonly images: readonly BuiltImage[]
  readonly executed: Executed
  /** Of all plans, each once. */
  readonly warnings: readonly Warning[]
}

/**
 * The whole of tsbuild: text to Dockerfile, that to a plan, that to layers, those to an image.
 * @param requests one for each platform; what several of them ask for is done once
 */
export async function buildImages(
  source: SourceFile,
  requests: readonly PlanRequest[],
  ports: BuildPorts,
): Promise<Built> {
  const plans = await Promise.all(requests.map((request) => planOf(source, request, ports))).catch((error: unknown) => {
    if (isCheckFailed(error)) tellWarnings(error.warnings, ports)
    throw error
  })
  const warnings = mergeWarnings(plans)
  tellWarnings(warnings, ports)
  const executed = await execute({ nodes: mergeNodes(plans), targets: plans.map(({ target }) => target) }, ports)
  const images = await Promise.all(plans.map(async (plan) => ({ image: await imageOf(plan, executed), plan })))
  return { images, executed, warnings }
}

function planOf(source: SourceFile, request: PlanRequest, ports: BuildPorts): Promise<Plan> {
  return rememberedPlan(source, request, ports, async (...asked) =>
    (await import('./plan-image.ts')).planImage(...asked),
  )
}

/** Its class is the planner's, which is not loaded for a plan that is remembered. */
function isCheckFailed(error: unknown): error is CheckFailedError {
  return error instanceof TsbuildError && error.code === 'TSB_CHECK_FAILED'
}

function tellWarnings(warnings: readonly Warning[], { events, now }: BuildPorts): void {
  if (warnings.length > 0) events({ type: 'warnings', at: now(), warnings })
}

function imageOf({ image, epoch, target }: Plan, { layers: made, records }: Executed): Promise<Image> {
  const layers = made.get(target) ?? []
  const baseLayers = layers.slice(0, image.config.rootfs.diff_ids.length)
  const added = layers.slice(baseLayers.length)
  const history = image.history.map(({ createdBy, layer: op, madeUp }) => {
    const record = op && records.get(op)
    const layer: Layer | undefined = record && added.shift()
    return {
      createdBy,
      ...(madeUp && { madeUp }),
      ...(record && layer && { layer: { layer, created: record.created } }),
    }
  })
  return assemble({ config: image.config, baseLayers, history }, epoch)
}
