import type { Cache } from './cache/index.ts'
import { TsbuildError } from './errors.ts'
import { type Executed, type ExecutorPorts, execute } from './executor/index.ts'
import type { Plan, Warning } from './graph/index.ts'
import { assemble, type Image, type Layer } from './image/index.ts'
import type { CheckFailedError, PlanRequest } from './planner/index.ts'
import { type PlanPorts, rememberedPlan } from './remembered-plan.ts'
import type { SourceFile } from './source.ts'

/** What a build asks of the world. */
export interface BuildPorts extends ExecutorPorts, PlanPorts {
  readonly cache: Cache
}

/** What came of a build, before it is named or exported. */
export interface Built {
  readonly image: Image
  readonly plan: Plan
  readonly executed: Executed
}

/** The whole of tsbuild: text to Dockerfile, that to a plan, that to layers, those to an image. */
export async function buildImage(source: SourceFile, request: PlanRequest, ports: BuildPorts): Promise<Built> {
  const steps = await rememberedPlan(source, request, ports, async (...asked) =>
    (await import('./plan-image.ts')).planImage(...asked),
  ).catch((error: unknown) => {
    if (isCheckFailed(error)) tellWarnings(error.warnings, ports)
    throw error
  })
  tellWarnings(steps.warnings, ports)
  const executed = await execute(steps, ports)
  return { image: await imageOf(steps, executed), plan: steps, executed }
}

/** Its class is the planner's, which is not loaded for a plan that is remembered. */
function isCheckFailed(error: unknown): error is CheckFailedError {
  return error instanceof TsbuildError && error.code === 'TSB_CHECK_FAILED'
}

function tellWarnings(warnings: readonly Warning[], { events, now }: BuildPorts): void {
  if (warnings.length > 0) events({ type: 'warnings', at: now(), warnings })
}

function imageOf({ image, epoch }: Plan, { layers, records }: Executed): Promise<Image> {
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
