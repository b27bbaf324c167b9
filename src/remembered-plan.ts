import { type Digest, digestOf, type Json } from './digest/index.ts'
import type { Node, Plan } from './graph/index.ts'
import type { Platform } from './image/index.ts'
import type { BaseImages, PlanRequest, SourceTimes } from './planner/index.ts'
import type { Position, SourceFile, SourceRange } from './source.ts'

/** Where plans are remembered: texts by digest, each as it was put there or not at all. */
export interface PlanMemory {
  find(key: Digest): Promise<string | undefined>
  save(key: Digest, text: string): Promise<void>
}

/** What planning asks the world. */
export interface PlanPorts {
  readonly bases: BaseImages
  readonly times?: SourceTimes
  /** Absent: every plan is made anew. */
  readonly plans?: PlanMemory
}

type MakePlan = (
  source: SourceFile,
  request: PlanRequest,
  bases: BaseImages,
  times: SourceTimes | undefined,
) => Promise<Plan>

/**
 * The plan as `make` would make it. It depends on the Dockerfile, on the request and on what was answered about base images and
 * the ignore file alone (`planner/`): when all of these are the same as before, the plan is, and nothing is parsed.
 */
export async function rememberedPlan(
  source: SourceFile,
  request: PlanRequest,
  { bases, times, plans }: PlanPorts,
  make: MakePlan,
): Promise<Plan> {
  const key = plans && keyOf(source, request)
  if (!plans || !key) return make(source, request, bases, times)
  const known = read(await plans.find(key))
  if (known && (await isAnsweredAlike(known, source, request, bases))) return revived(known.plan, source)
  const heard = listen(request, bases, times)
  const plan = await make(source, heard.request, heard.bases, heard.times)
  const text = heard.onlyStable() ? textOf({ asked: heard.asked, plan }, source) : undefined
  if (text !== undefined) await plans.save(key, text)
  return plan
}

/** What was asked about base images, with what was answered, and the digest of the ignore file's patterns when they were. */
interface Asked {
  readonly bases: {
    readonly reference: string
    readonly platform: Platform
    readonly at?: SourceRange
    readonly manifest: Digest
    readonly is: Platform
  }[]
  ignore?: Digest
}

interface Remembered {
  readonly asked: Asked
  readonly plan: Plan
}

/** Findings point into what is no Dockerfile; they are rare. */
function keyOf(source: SourceFile, { ignorePatterns: _, findings = [], ...request }: PlanRequest): Digest | undefined {
  if (findings.length > 0) return undefined
  const asked = JSON.parse(JSON.stringify(request, plain)) as Json
  return digestOf(['plan.v1', source.name, source.text, asked])
}

function plain(_: string, value: unknown): unknown {
  return value instanceof Map || value instanceof Set ? [...value] : value
}

/** Notes what the planner asks. */
function listen(request: PlanRequest, bases: BaseImages, times: SourceTimes | undefined) {
  const asked: Asked = { bases: [] }
  let [stable, { ignorePatterns }] = [true, request]
  return {
    asked,
    /** False when a time was asked for, or an image that has a stand-in. */
    onlyStable: () => stable,
    request: {
      ...request,
      ...(ignorePatterns && {
        async ignorePatterns() {
          const patterns = await ignorePatterns()
          asked.ignore = digestOf([...patterns])
          return patterns
        },
      }),
    },
    bases: {
      ...bases,
      async resolve(reference: string, platform: Platform, at?: SourceRange) {
        const base = await bases.resolve(reference, platform, at)
        if (base.unknown) stable = false
        const { image, platform: is } = base
        asked.bases.push({ reference, platform, ...(at && { at }), manifest: image.manifest, is })
        return base
      },
    },
    times: times && {
      context(name: string) {
        stable = false
        return times.context(name)
      },
      remote(...of: Parameters<SourceTimes['remote']>) {
        stable = false
        return times.remote(...of)
      },
    },
  }
}

async function isAnsweredAlike(
  { asked }: Remembered,
  source: SourceFile,
  { ignorePatterns }: PlanRequest,
  bases: BaseImages,
): Promise<boolean> {
  const same = await Promise.all(
    asked.bases.map(async ({ reference, platform, at, manifest, is }) => {
      const base = await bases.resolve(reference, platform, at && { ...at, source })
      return base.image.manifest === manifest && digestOf({ ...base.platform }) === digestOf({ ...is })
    }),
  )
  if (!same.every(Boolean)) return false
  return asked.ignore === undefined || asked.ignore === digestOf([...((await ignorePatterns?.()) ?? [])])
}

/** Undefined for a plan that must not be written down, or that points into another text than the Dockerfile. */
function textOf(remembered: Remembered, source: SourceFile): string | undefined {
  const { nodes } = remembered.plan
  if (nodes.some(({ login, unkeyed = [] }) => login !== undefined || unkeyed.length > 0)) return undefined
  let foreign = false
  const text = JSON.stringify(remembered, (name, value: unknown) => {
    if (name !== 'at' || typeof value !== 'object' || value === null || !('source' in value)) return value
    const { source: where, ...range } = value as SourceRange
    if (where !== source) foreign = true
    return range
  })
  return foreign ? undefined : text
}

/** The text is as it was saved, or there is none. */
function read(text: string | undefined): Remembered | undefined {
  return text === undefined ? undefined : (JSON.parse(text) as Remembered)
}

type Unplaced = { readonly start: Position; readonly end: Position }

function revived({ nodes, warnings, ...plan }: Plan, source: SourceFile): Plan {
  const placed = <T extends { readonly at?: SourceRange }>(value: T): T =>
    value.at ? { ...value, at: { ...(value.at as Unplaced), source } } : value
  return { ...plan, nodes: nodes.map(placed<Node>), warnings: warnings.map((warning) => placed(warning)) }
}
