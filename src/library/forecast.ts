import type { Cache } from '../cache/index.ts'
import { type Forecast, foresee, noEmulator } from '../executor/index.ts'
import { inputsOf, mergeNodes, type Node, type Op, type OpId, type Plan, type Warning } from '../graph/index.ts'
import { formatPlatform, type Platform } from '../image/index.ts'
import type { BuildOptions, Environment } from '../options.ts'
import { planImage } from '../plan-image.ts'
import type { SourceRange } from '../source.ts'
import { type Loaded, load } from './load.ts'
import { buildPorts } from './ports.ts'
import { type Progress, progressTo } from './progress.ts'
import { openSession, type Session } from './session.ts'

/** A node of the graph and what a build would do with it. */
export interface PlannedStep {
  readonly id: OpId
  readonly kind: Op['kind']
  /** As progress shows it. */
  readonly label: string
  readonly inputs: readonly OpId[]
  readonly at?: SourceRange
  readonly forecast: Forecast
  /** A RUN with programs of this platform, which is not that of the machine: `linux/arm64`. */
  readonly emulates?: string
  /** Why it cannot be run here: no emulator. With what would help. */
  readonly problem?: { readonly message: string; readonly hint?: string }
}

/** Layers of a base image that a step would need and that are not in the store. */
export interface PlannedPull {
  readonly image: string
  readonly layers: number
  /** Compressed. */
  readonly bytes: number
}

/** What a build would do. */
export interface BuildForecast {
  readonly targets: readonly { /** `linux/arm64` */ readonly platform: string; readonly step: OpId }[]
  /** Each once, also when several platforms need it; inputs first. */
  readonly steps: readonly PlannedStep[]
  readonly pulls: readonly PlannedPull[]
  readonly warnings: readonly Warning[]
  /** True when a build would run nothing. */
  readonly done: boolean
}

/**
 * What a build would do now, without doing it: which steps are in the cache, which would run and why. Asks for manifests and
 * configs of base images, reads files of contexts whose digests are not known, and fetches nothing else.
 * @throws {TsbuildError} for what is wrong with the Dockerfile or the options
 */
export async function forecast(options: BuildOptions, environment: Environment): Promise<BuildForecast> {
  const { now } = environment
  const notice = (message: string) => options.onEvent?.({ type: 'notice', at: now(), message })
  await using session = await openSession(environment, { ...options, notice })
  const progress = progressTo(() => {}, now)
  const loaded = await load(session, options, environment, progress)
  const cache = await cacheOf(options, session, loaded, environment, progress)
  const ports = { ...buildPorts({ ...session, cache }, loaded, options, environment, progress), events: () => {} }
  const plans = await Promise.all(
    loaded.requests.map((request) => planImage(loaded.dockerfile, request, session.bases, loaded.times)),
  )
  const nodes = mergeNodes(plans)
  const forecasts = await foresee(nodes, ports)
  const steps = await Promise.all(nodes.map((node) => plannedStep(node, forecasts, ports.emulation)))
  return {
    targets: plans.map(({ target }: Plan, i) => ({ platform: platformAt(loaded.requests, i), step: target })),
    steps,
    warnings: plans.flatMap(({ warnings }) => warnings),
    pulls: await pullsFor(nodes, forecasts, session),
    done: steps.every(({ forecast: { kind } }) => kind === 'hit' || kind === 'source'),
  }
}

/** With the shared caches that the options name. */
async function cacheOf(
  { cacheFrom, signal, onEvent }: BuildOptions,
  session: Session,
  { requests }: Loaded,
  environment: Environment,
  progress: Progress,
): Promise<Cache> {
  if (!cacheFrom?.length) return session.cache
  const { importsOf } = await import('./shared-cache.ts')
  const notice = (message: string) => onEvent?.({ type: 'notice', at: environment.now(), message })
  const platforms = requests.map(({ platform }) => platform)
  return importsOf(cacheFrom, { session, environment, progress, notice, platforms, signal }).cache
}

function platformAt(requests: readonly { readonly platform: Platform }[], index: number): string {
  const request = requests[index]
  if (!request) throw new Error('a plan without a request')
  return formatPlatform(request.platform)
}

async function plannedStep(
  { id, op, label, at, emulates }: Node,
  forecasts: ReadonlyMap<OpId, Forecast>,
  emulation: ReturnType<typeof buildPorts>['emulation'],
): Promise<PlannedStep> {
  const forecast = forecastIn(forecasts, id)
  const wanted = forecast.kind === 'miss' || forecast.kind === 'unknown' ? emulates : undefined
  const found = wanted && (await emulation?.(wanted))
  const error = wanted && found?.kind === 'none' ? noEmulator(wanted, label, found.problem) : undefined
  return {
    id,
    kind: op.kind,
    label,
    inputs: inputsOf(op),
    forecast,
    ...(at && { at }),
    ...(emulates && { emulates: formatPlatform(emulates) }),
    ...(error && { problem: { message: error.message, ...(error.hint !== undefined && { hint: error.hint }) } }),
  }
}

function forecastIn(forecasts: ReadonlyMap<OpId, Forecast>, id: OpId): Forecast {
  const forecast = forecasts.get(id)
  if (!forecast) throw new Error(`${id} was not foreseen`)
  return forecast
}

/** A RUN needs the files below it, and any step those that it takes; a COPY does not open the image that it is put on. */
async function pullsFor(
  nodes: readonly Node[],
  forecasts: ReadonlyMap<OpId, Forecast>,
  session: Session,
): Promise<readonly PlannedPull[]> {
  const byId = new Map(nodes.map((node) => [node.id, node]))
  const needed = new Set<OpId>()
  for (const { id, op } of nodes) {
    const { kind } = forecastIn(forecasts, id)
    if (kind === 'hit' || kind === 'source') continue
    for (const input of inputsOf(op)) {
      if (op.kind !== 'copy' || op.sources.some(({ from }) => from === input)) needed.add(bottomOf(input, byId))
    }
  }
  const pulls = await Promise.all([...needed].map((id) => pullOf(byId.get(id), session)))
  return pulls.filter((pull) => pull !== undefined)
}

/** What a chain of steps stands on. */
function bottomOf(id: OpId, nodes: ReadonlyMap<OpId, Node>): OpId {
  let at = id
  for (let node = nodes.get(at); node && 'onto' in node.op; node = nodes.get(at)) at = node.op.onto
  return at
}

async function pullOf(node: Node | undefined, { bases, store }: Session): Promise<PlannedPull | undefined> {
  if (node?.op.kind !== 'image') return undefined
  const { image } = node.op
  const missing = []
  for (const { descriptor } of await bases.layersOf(image)) {
    if (!(await store.blobs.has(descriptor.digest, descriptor.size))) missing.push(descriptor)
  }
  if (missing.length === 0) return undefined
  return { image: image.name, layers: missing.length, bytes: missing.reduce((sum, { size }) => sum + size, 0) }
}
