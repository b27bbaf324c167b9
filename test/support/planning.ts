import { digestOf } from '../../src/digest/index.ts'
import { TsbuildError } from '../../src/errors.ts'
import type { Op, OpOf, Plan } from '../../src/graph/index.ts'
import type { ImageConfig } from '../../src/image/index.ts'
import { parse } from '../../src/parser/index.ts'
import { type BaseImages, type PlanRequest, plan } from '../../src/planner/index.ts'

const amd64 = { os: 'linux', architecture: 'amd64' }

/** A request as the command line makes it when nothing is said, for linux/amd64. */
export function planRequest(changes: Partial<PlanRequest> = {}): PlanRequest {
  return {
    buildArgs: new Map(),
    platform: amd64,
    buildPlatform: amd64,
    labels: new Map(),
    namedContexts: new Map(),
    noCache: false,
    network: 'default',
    allow: new Set(),
    ...changes,
  }
}

/** A config document with one layer and these settings of a container. */
export function imageConfig(config: ImageConfig['config'] = {}): ImageConfig {
  const layer = digestOf(JSON.stringify(config))
  return { architecture: 'amd64', os: 'linux', config, rootfs: { type: 'layers', diff_ids: [layer] } }
}

/** Images by name as in the Dockerfile, also without `:latest`. Writes down what it is asked. */
export function stubBases(images: Readonly<Record<string, ImageConfig>>): BaseImages & { readonly asked: string[] } {
  const asked: string[] = []
  return {
    asked,
    resolve: async (reference, platform, at) => {
      asked.push(reference)
      const config = images[reference] ?? images[reference.replace(/:latest$/, '')]
      if (!config) throw new TsbuildError('TSB_IMAGE_NOT_FOUND', `${reference}: not found`, { at })
      const image = { name: `docker.io/library/${reference}`, manifest: digestOf(JSON.stringify(config)) }
      return { image, platform, config }
    },
  }
}

/** Plans a Dockerfile text. */
export async function planText(
  text: string,
  changes: Partial<PlanRequest> = {},
  images: Readonly<Record<string, ImageConfig>> = {},
): Promise<Plan> {
  return plan(parse({ name: 'Dockerfile', text }), planRequest(changes), stubBases(images))
}

/** The ops of one kind, in order. */
export function opsOf<K extends Op['kind']>(plan: Plan, kind: K): readonly OpOf<K>[] {
  return plan.nodes.flatMap(({ op }) => (op.kind === kind ? [op as OpOf<K>] : []))
}

/** History texts, oldest first. */
export function rowsOf(plan: Plan): readonly string[] {
  return plan.image.history.map(({ createdBy }) => createdBy)
}

/** The error that planning a text ends with. */
export async function planError(...args: Parameters<typeof planText>): Promise<TsbuildError> {
  const error = await planText(...args).then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  if (error instanceof TsbuildError) return error
  throw error ?? new Error('it was planned')
}
