import {
  type CacheKey,
  type CacheRecord,
  cacheKey,
  type KeyComponents,
  quickCacheKey,
  repairing,
} from '../cache/index.ts'
import { canonicalJson } from '../digest/index.ts'
import { TsbuildError } from '../errors.ts'
import type { LayerOp, Node, OpId } from '../graph/index.ts'
import type { Layer } from '../image/index.ts'
import { withChanged } from './changed-below.ts'
import type { BuildEvent, MissReason } from './events.ts'
import { type Below, type Explained, explainMiss } from './explain.ts'
import { foundEarly } from './found-early.ts'
import { executorOf, type OpContext, type OpKey } from './ops/index.ts'
import { type ExecutorPorts, type FormerFailure, isForced } from './ports.ts'
import type { Ahead } from './sandbox/index.ts'
import type { Slot } from './schedule.ts'
import { type SecretWatch, watchSecrets } from './secret-watch.ts'
import type { Inputs } from './values.ts'

/** A node whose op makes a layer. */
export type LayerNode = Node & { readonly op: LayerOp }

/** What a step has to do with the other steps that run commands. */
export interface Commands {
  /** To be called when it begins to run. */
  readonly begun: () => void
  readonly ahead: Ahead
  /** To be called before a step is done that is not in the cache: throws when that would be for nothing. */
  readonly refuse: (step: OpId) => void
  /** What the files below it come from, as far as that is known by now. */
  readonly below: Below
}

/** How a step got its layer. */
export interface StepResult {
  readonly record: CacheRecord
  readonly cached: boolean
  /** It ran, and gave what it or another step gave before: those above it need not run for it. */
  readonly same?: boolean
  /** It was made since caches were not to be used for it (`--no-cache`). */
  readonly replaces?: true
  /** What its key was made with beside the components. */
  readonly version: string
  /** The chains of what it reads beside the files below, when they alone give a key too. */
  readonly chains?: KeyComponents['inputs']
}

/**
 * Looks a step up, else runs it and keeps what it gave. The same step wanted by two builds runs once: the second one waits,
 * and finds the record of the first.
 * @param commands told when this one begins, and of those that may come after it
 */
export async function performStep(
  node: LayerNode,
  inputs: Inputs,
  ports: ExecutorPorts,
  slot: Slot,
  signal: AbortSignal,
  commands: Commands,
): Promise<StepResult> {
  const context = contextOf(node, inputs, ports, signal, commands)
  const { found, sought, about } = await lookUp(node, context, slot)
  if (!sought) return { ...(await hit(node, found, context)), ...about }
  const { key, parts, quickKey } = sought
  if (found) await parts.made?.drop()
  else commands.refuse(node.id)
  const result = found
    ? await hit(node, found, context)
    : await ports.locked(`step ${key}`, () => slot(() => runOnce(node, key, parts, context)), signal)
  if (quickKey) await ports.cache.records.alias(quickKey, key)
  return { ...result, ...about }
}

type About = Pick<StepResult, 'version' | 'chains' | 'replaces'>

/** By what a step was looked up, when no quick key found it. */
interface Sought {
  readonly key: CacheKey
  readonly parts: OpKey
  readonly quickKey: CacheKey | undefined
}

type LookedUp = { readonly about: About } & (
  | { readonly found: CacheRecord; readonly sought?: undefined }
  | { readonly found: CacheRecord | undefined; readonly sought: Sought }
)

/** Looks for a step by the key that is known without reading files, else by all that its key is made of. */
export async function lookUp(node: LayerNode, context: StepContext, slot: Slot): Promise<LookedUp> {
  const { records } = context.ports.cache
  const { version, quickKey: quickKeyOf } = executorOf(node.op)
  const quick = quickKeyOf(context)
  const quickKey = quick && quickCacheKey(version, quick)
  const about = {
    version,
    ...(quick && { chains: quick.inputs }),
    ...(node.noCache && { replaces: true as const }),
  }
  const forced = isForced(node, context.ports)
  const known = quickKey && !forced ? await records.find(quickKey) : undefined
  if (known) return { about, found: known }
  const early = forced ? undefined : await foundEarly(node, context, slot)
  if (early) return { about, found: early }
  const parts = await slot(() => keyOf(node, context))
  const key = cacheKey(version, parts.components)
  return { about, found: forced ? undefined : await records.find(key), sought: { key, parts, quickKey } }
}

type Looked = Pick<StepResult, 'record' | 'cached' | 'same'>

/** What a step works with, and what is looked for in its layer. */
export interface StepContext extends OpContext {
  readonly watch: SecretWatch
  readonly below: Below
}

function keyOf(node: LayerNode, context: OpContext): Promise<OpKey> {
  return shown(node, context, () => repairing(() => executorOf(node.op).key(context)))
}

/** A step that cannot even be looked up, such as a COPY whose source is missing, is shown as one that failed. */
async function shown<T>(node: LayerNode, context: OpContext, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    context.begin()
    failed(node, error, context)
    throw error
  }
}

async function runOnce(node: LayerNode, key: CacheKey, parts: OpKey, context: StepContext): Promise<Looked> {
  const { ports, signal } = context
  signal.throwIfAborted()
  const made = isForced(node, ports) ? undefined : await ports.cache.records.find(key)
  if (made) {
    await parts.made?.drop()
    return hit(node, made, context)
  }
  const nearest = node.noCache ? undefined : await ports.cache.records.nearest(parts.components)
  const explained = await whatExplains(node, parts, context, nearest)
  const reason = await nameFormer(explainMiss(node, explained, nearest), node, key, ports)
  const started = parts.made?.started ?? ports.now()
  ports.events({ type: 'step:miss', at: started, step: node.id, key, reason })
  context.begin()
  try {
    const { record, same } = await runAndRecord(
      { key, components: parts.components, ...recorded(explained) },
      () => parts.made?.keep() ?? executorOf(node.op).run({ ...context, ...olderOf(nearest) }),
      context,
      started,
    )
    const milliseconds = ports.now() - started
    ports.events({ type: 'step:done', at: ports.now(), step: node.id, milliseconds, ...madeOf(record) })
    return { record, cached: false, ...(same && { same }) }
  } catch (error) {
    failed(node, error, context)
    throw error
  }
}

/** What earlier builds know beside: that it failed, that its result was there, and, of what nothing in the cache is like, that another instruction was in its place. */
export async function nameFormer(
  reason: MissReason,
  node: LayerNode,
  key: CacheKey,
  { former }: ExecutorPorts,
): Promise<MissReason> {
  if (!former || reason.kind === 'not-cached') return reason
  const isNew = reason.kind === 'never-built'
  const failure = (await former.failure(key)) ?? (isNew ? await former.failure(node.id) : undefined)
  if (failure) return withFailure(reason, failure)
  const result = await former.result(key)
  if (result) return { kind: 'removed', ...result }
  if (!isNew) return reason
  const texts = await former.instruction(node)
  return texts ? { kind: 'changed', changes: [{ kind: 'definition', part: 'instruction', ...texts }] } : reason
}

/** A step below that changed is in the cache by now: what it was is known from when the failure was new. */
function withFailure(reason: MissReason, { build, reason: then }: FormerFailure): MissReason {
  if (reason.kind === 'removed') return { ...reason, failedIn: build }
  if (reason.kind !== 'changed') return { kind: 'failed', build }
  const below = then?.kind === 'changed' ? then.changes.find(({ kind }) => kind === 'step') : undefined
  const changes = reason.changes.map((change) => (change.kind === 'step' && !change.step && below) || change)
  return { ...reason, changes, failedIn: build }
}

/** What a step that is not in the cache is held against the records with. */
export async function whatExplains(
  { op }: LayerNode,
  { components, files }: OpKey,
  { inputs, below, ports }: StepContext,
  nearest: CacheRecord | undefined,
): Promise<Explained> {
  const ofContext = op.kind === 'copy' && op.sources.every(({ from }) => inputs.value(from).kind === 'context')
  const changed = await withChanged(below, components, nearest, ports.cache.records)
  return { components, files: files && (await repairing(files)), ofContext, below: changed }
}

function recorded({ files, below: { base } }: Explained): Pick<CacheRecord, 'files' | 'base'> {
  return { ...(files && { files }), ...(base && { base: { name: base.name, manifest: base.manifest } }) }
}

/** A layer of a shared cache is not fetched for what of it may be of use. */
function olderOf(nearest: CacheRecord | undefined) {
  return nearest && nearest.source === undefined ? { older: nearest.layer } : {}
}

function failed(node: LayerNode, error: unknown, { ports, signal }: OpContext): void {
  ports.events(failureOf(node, error, ports.now(), signal))
}

/** How the views see that a step ended with an error: its own, or that of another for which it was stopped. */
export function failureOf(node: Node, error: unknown, at: number, signal: AbortSignal): BuildEvent {
  const isItsOwn = !(error instanceof TsbuildError && error.ofNoStep)
  if (signal.aborted || !isItsOwn) return { type: 'step:canceled', at, step: node.id }
  return { type: 'step:error', at, step: node.id, message: error instanceof Error ? error.message : String(error) }
}

/**
 * Early cutoff: when the layer holds what an older one on the same files holds, that one is taken; with its time too when it
 * was the same instruction that made it.
 */
async function runAndRecord(
  known: Pick<CacheRecord, 'key' | 'components' | 'files' | 'base'>,
  make: () => Promise<Layer>,
  context: StepContext,
  started: number,
): Promise<{ readonly record: CacheRecord; readonly same: boolean }> {
  const { cache, now } = context.ports
  const layer = await repairing(make)
  const older = await cache.records.sameContent(known.components.parent, await layer.contentId())
  const again = older && canonicalJson(older.components.definition) === canonicalJson(known.components.definition)
  const record: CacheRecord = {
    ...known,
    layer: older?.layer ?? (await cache.layers.recordOf(layer)),
    created: again ? older.created : new Date(started).toISOString(),
    milliseconds: now() - started,
    ...(await context.watch.absent()),
  }
  await cache.records.save(record)
  return { record, same: older !== undefined }
}

async function hit(node: LayerNode, record: CacheRecord, context: StepContext): Promise<Looked> {
  await shown(node, context, () => context.watch.check(record))
  const { ports } = context
  const { source, milliseconds } = record
  const about = { milliseconds, ...madeOf(record), ...(source && { source }) }
  ports.events({ type: 'step:cached', at: ports.now(), step: node.id, label: node.label, ...about })
  return { record, cached: true }
}

function madeOf({ key, layer: { diffId, descriptor } }: CacheRecord) {
  return { key, layer: { diffId, size: descriptor.size } }
}

export function contextOf(
  node: LayerNode,
  inputs: Inputs,
  ports: ExecutorPorts,
  signal: AbortSignal,
  commands: Commands,
): StepContext {
  let begun = false
  const notice = (message: string) => ports.events({ type: 'notice', at: ports.now(), message })
  const watch = watchSecrets(node, ports, notice)
  return {
    inputs,
    ports,
    watch,
    layers: watch.layers,
    node,
    signal,
    ahead: commands.ahead,
    below: commands.below,
    begin() {
      commands.begun()
      if (!begun) ports.events({ type: 'step:start', at: ports.now(), step: node.id, label: node.label, makes: true })
      begun = true
    },
    output: (stream, bytes) => ports.events({ type: 'step:log', at: ports.now(), step: node.id, stream, bytes }),
    notice,
  }
}
