import { formerSteps } from '../builds/index.ts'
import type { Cache, CacheRecord } from '../cache/index.ts'
import { cacheSecrets } from '../cache-options.ts'
import { type Forecast, foresee, noEmulator } from '../executor/index.ts'
import {
  inputsOf,
  mergeNodes,
  mergeWarnings,
  type Node,
  type Op,
  type OpId,
  type Plan,
  type Warning,
} from '../graph/index.ts'
import { formatPlatform, type Platform } from '../image/index.ts'
import type { BuildOptions, Environment } from '../options.ts'
import { planImage } from '../plan-image.ts'
import type { SourceRange } from '../source.ts'
import { checkOutputs } from './check-outputs.ts'
import type { ContextAdvice } from './context/report.ts'
import type { Hush } from './hush.ts'
import { type Loaded, load } from './load.ts'
import { type PlannedPull, pullsFor } from './planned-pulls.ts'
import { buildPorts } from './ports.ts'
import { type Progress, progressTo } from './progress.ts'
import { contextName } from './recording.ts'
import { checkSecrets } from './secrets.ts'
import { openSession, type Session } from './session.ts'
import { checkSharing } from './sharing.ts'

/** What a build would do with a step: see `Forecast`. */
export type StepForecast = Exclude<Forecast, { kind: 'hit' }> | PlannedHit

export interface PlannedHit extends Pick<CacheRecord, 'key' | 'created' | 'milliseconds'> {
  readonly kind: 'hit'
  /** The diff id. */
  readonly layer: string
  /** The shared cache that has it; absent: the store. */
  readonly source?: string
}

/** A node of the graph and what a build would do with it. */
export interface PlannedStep {
  readonly id: OpId
  readonly kind: Op['kind']
  /** As progress shows it. */
  readonly label: string
  readonly inputs: readonly OpId[]
  /** The one of them that it stands on: the files below its layer. */
  readonly onto?: OpId
  readonly at?: SourceRange
  readonly forecast: StepForecast
  /** A RUN with programs of this platform, which is not that of the machine: `linux/arm64`. */
  readonly emulates?: string
  /** Why it cannot be run here: no emulator. With what would help. */
  readonly problem?: { readonly message: string; readonly hint?: string }
}

/** What a build would do. */
export interface BuildForecast {
  readonly targets: readonly { /** `linux/arm64` */ readonly platform: string; readonly step: OpId }[]
  /** Each once, also when several platforms need it; inputs first. */
  readonly steps: readonly PlannedStep[]
  readonly pulls: readonly PlannedPull[]
  readonly warnings: readonly Warning[]
  /** What a COPY of a whole directory takes that it should not: `tsbuild context` says more. */
  readonly advice: readonly ContextAdvice[]
  /** True when a build would run nothing. */
  readonly done: boolean
}

/**
 * What a build would do now, without doing it: which steps are in the cache, which would run and why. Asks for manifests and
 * configs of base images, reads files of contexts whose digests are not known, and fetches nothing else.
 * @throws {TsbuildError} for what is wrong with the Dockerfile or the options
 */
export async function forecast(options: BuildOptions, environment: Environment): Promise<BuildForecast> {
  const notice = (message: string) => options.onEvent?.({ type: 'notice', at: environment.now(), message })
  checkOutputs(options, environment)
  checkSharing(options)
  await checkSecrets(options.secrets, environment, notice)
  await using session = await openSession(environment, { ...options, notice })
  const keys = cacheSecrets([...(options.cacheFrom ?? []), ...(options.cacheTo ?? [])])
  if (session.secrets.ids.length === 0 && keys.length === 0) return await forecastIn(session, options, environment)
  const hush = await (await import('./hush.ts')).openHush(session.secrets, keys)
  const events = hush.events(options.onEvent ?? (() => {}))
  try {
    return hushed(await forecastIn(session, { ...options, onEvent: events }, environment), hush)
  } catch (error) {
    throw hush.error(error)
  }
}

async function forecastIn(session: Session, options: BuildOptions, environment: Environment): Promise<BuildForecast> {
  const progress = progressTo(() => {}, environment.now)
  const loaded = await load(session, options, environment, progress)
  const cache = await cacheOf(options, session, loaded, environment, progress)
  const ports = { ...buildPorts({ ...session, cache }, loaded, options, environment, progress), events: () => {} }
  const plans = await Promise.all(
    loaded.requests.map((request) => planImage(loaded.dockerfile, request, session.bases, loaded.times)),
  )
  const nodes = mergeNodes(plans)
  const asked = {
    context: contextName(options.context, environment.cwd),
    dockerfile: loaded.dockerfile.name,
    target: options.target,
    platforms: loaded.requests.map(({ platform }) => formatPlatform(platform)),
  }
  const former = formerSteps(session.store.root, asked, () => nodes.map(({ label }) => label))
  // A record has stars where a secret is, and what is compared with it here has not.
  const instruction = session.secrets.ids.length === 0 ? former.instruction : async () => undefined
  const forecasts = await foresee(nodes, { ...ports, former: { ...former, instruction } })
  const steps = await Promise.all(nodes.map((node) => plannedStep(node, forecasts, ports.emulation)))
  return {
    targets: plans.map(({ target }: Plan, i) => ({ platform: platformAt(loaded.requests, i), step: target })),
    steps,
    warnings: mergeWarnings(plans),
    advice: await adviceFor(nodes, loaded, options),
    pulls: await pullsFor(nodes, forecasts, session),
    done: steps.every(({ forecast: { kind } }) => kind === 'hit' || kind === 'source'),
  }
}

/** An archive or a repository has no ignore file that could be mended. */
async function adviceFor(
  nodes: readonly Node[],
  { context }: Loaded,
  options: BuildOptions,
): Promise<readonly ContextAdvice[]> {
  const isUsed = nodes.some(({ op }) => op.kind === 'context' && op.name === 'context')
  if (!isUsed || typeof options.context !== 'string') return []
  const files = await context('context')
  return files.isDirectory ? (await import('./context/advice.ts')).quickAdvice(nodes, files) : []
}

function hushed(plan: BuildForecast, { text, warnings, reason }: Hush): BuildForecast {
  const steps = plan.steps.map((step): PlannedStep => {
    const { label, forecast, problem } = step
    return {
      ...step,
      label: text(label),
      ...(forecast.kind === 'miss' && { forecast: { kind: 'miss', reason: reason(forecast.reason) } }),
      ...(problem && { problem: { ...problem, message: text(problem.message) } }),
    }
  })
  const advice = plan.advice.map((each) => ({ ...each, message: text(each.message) }))
  return { ...plan, steps, warnings: warnings(plan.warnings), advice }
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
  const found = forecasts.get(id)
  if (!found) throw new Error(`${id} was not foreseen`)
  const forecast = stepForecast(found)
  const wanted = forecast.kind === 'miss' || forecast.kind === 'unknown' ? emulates : undefined
  const way = wanted && (await emulation?.(wanted))
  const error = wanted && way?.kind === 'none' ? noEmulator(wanted, label, way) : undefined
  return {
    id,
    kind: op.kind,
    label,
    inputs: inputsOf(op),
    ...('onto' in op && { onto: op.onto }),
    forecast,
    ...(at && { at }),
    ...(emulates && { emulates: formatPlatform(emulates) }),
    ...(error && { problem: { message: error.message, ...(error.hint !== undefined && { hint: error.hint }) } }),
  }
}

function stepForecast(forecast: Forecast): StepForecast {
  if (forecast.kind !== 'hit') return forecast
  const { key, created, milliseconds, layer, source } = forecast.record
  return { kind: 'hit', key, created, milliseconds, layer: layer.diffId, ...(source !== undefined && { source }) }
}
