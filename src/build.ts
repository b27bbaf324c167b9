import type { Cache } from './cache/index.ts'
import { type Executed, type ExecutorPorts, execute } from './executor/index.ts'
import type { Plan, Warning } from './graph/index.ts'
import { assemble, type Image, type Layer } from './image/index.ts'
import { parse } from './parser/index.ts'
import { type BaseImages, CheckFailedError, type PlanRequest, plan, type SourceTimes } from './planner/index.ts'
import type { SourceFile } from './source.ts'

/** What a build asks of the world. */
export interface BuildPorts extends ExecutorPorts {
  readonly bases: BaseImages
  readonly times?: SourceTimes
  readonly cache: Cache
}

/** What came of a build, before it is named or exported. */
export interface Built {
  readonly image: Image
  readonly plan: Plan
  readonly executed: Executed
}

/** The first half: what would be done. Asks for manifests and configs of base images, and reads no file of a context. */
export function planImage(
  source: SourceFile,
  request: PlanRequest,
  bases: BaseImages,
  times?: SourceTimes,
): Promise<Plan> {
  return plan(parse(source, request.buildArgs.get('BUILDKIT_SYNTAX')), request, bases, times)
}

/** The whole of tsbuild: text to Dockerfile, that to a plan, that to layers, those to an image. */
export async function buildImage(source: SourceFile, request: PlanRequest, ports: BuildPorts): Promise<Built> {
  const steps = await planImage(source, request, ports.bases, ports.times).catch((error: unknown) => {
    if (error instanceof CheckFailedError) tellWarnings(error.warnings, ports)
    throw error
  })
  tellWarnings(steps.warnings, ports)
  const executed = await execute(steps, ports)
  return { image: await imageOf(steps, executed), plan: steps, executed }
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
