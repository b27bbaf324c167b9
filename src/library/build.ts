import path from 'node:path'
import { buildImage } from '../build.ts'
import { readOption, TsbuildError } from '../errors.ts'
import { type Descriptor, type Image, parseReference } from '../image/index.ts'
import { makeFolder } from '../make-folder.ts'
import type { BuildOptions, BuildResult, Environment } from '../options.ts'
import type { Imports } from '../shared-cache/index.ts'
import { annotated, checkAnnotations } from './annotations.ts'
import { load } from './load.ts'
import { buildPorts } from './ports.ts'
import { type Progress, progressTo, type Report } from './progress.ts'
import { checkSecrets, secretsIn } from './secrets.ts'
import { openSession, type Session } from './session.ts'

/**
 * Builds an image from a Dockerfile, names it in the store, and writes the outputs that are asked for.
 * @throws {TsbuildError} for all that a user can mend; the reason of `options.signal` when it was aborted. Nothing is named
 *   then.
 */
export async function build(options: BuildOptions, environment: Environment): Promise<BuildResult> {
  const result = await buildInSession(options, environment)
  await keepCacheSmall(result, options, environment)
  return result
}

async function buildInSession(options: BuildOptions, environment: Environment): Promise<BuildResult> {
  const { now } = environment
  const events = options.onEvent ?? (() => {})
  const notice = (message: string) => events({ type: 'notice', at: now(), message })
  const names = readOption(() => (options.tags ?? []).map((tag) => parseReference(tag).normal))
  checkAnnotations(options)
  await checkPushes(options)
  if (options.cacheTo?.length) (await import('./cache-export.ts')).checkCacheTo(options.cacheTo)
  await checkSecrets(options.secrets, environment, notice)
  await using session = withHostMounts(await openSession(environment, { ...options, notice }), options, environment)
  if (session.secrets.ids.length === 0) return await buildIn(session, names, options, environment)
  const hush = await (await import('./hush.ts')).openHush(session.secrets)
  try {
    return await buildIn(session, names, { ...options, onEvent: hush.events(events) }, environment)
  } catch (error) {
    throw hush.error(error)
  }
}

async function buildIn(
  session: Session,
  names: readonly string[],
  options: BuildOptions,
  environment: Environment,
): Promise<BuildResult> {
  const { now } = environment
  const events = options.onEvent ?? (() => {})
  const started = now()
  const progress = progressTo(events, now)
  const loaded = await load(session, options, environment, progress)
  const notice = (message: string) => events({ type: 'notice', at: now(), message, serious: true })
  const { platform: wanted } = loaded.request
  const world = { session, environment, progress, notice, platform: wanted, signal: options.signal }
  const imports = options.cacheFrom?.length
    ? (await import('./shared-cache.ts')).importsOf(options.cacheFrom, world)
    : undefined
  const cache = imports?.cache ?? session.cache
  const ports = buildPorts({ ...session, cache }, loaded, options, environment, progress)
  const { built, manifest } = await untilSound(imports, options.signal, async () => {
    const built = await buildImage(loaded.dockerfile, loaded.request, ports)
    for (const id of await secretsIn(built.image.configBytes, session.secrets)) notice(secretInConfig(id))
    options.signal?.throwIfAborted()
    await imports?.settle(built.image)
    const image = options.cacheTo?.length
      ? await (await import('./cache-export.ts')).withCacheInside(built.image, built, options.cacheTo)
      : built.image
    const leaving = imports ? { ...session, lost: imports.lost } : session
    return { built, manifest: await exportImage(image, names, options, environment, leaving, progress) }
  })
  if (options.cacheTo?.length)
    await (await import('./cache-export.ts')).exportCaches([built], options.cacheTo, imports, world)
  const { image, plan, executed } = built
  events({ type: 'build:done', at: now(), milliseconds: now() - started })
  const { os, architecture, variant } = image.config
  const platform = { os, architecture, ...(variant && { variant }) }
  return { id: image.id, manifest, platform, names, steps: executed.steps, warnings: plan.warnings }
}

/** @throws an error of the system when a folder cannot be made */
function withHostMounts(session: Session, { cacheMountFolders }: BuildOptions, { cwd }: Environment): Session {
  if (!cacheMountFolders) return session
  const folders = new Map(Object.entries(cacheMountFolders).map(([id, folder]) => [id, path.resolve(cwd, folder)]))
  for (const folder of folders.values()) makeFolder(folder, 0o755)
  return { ...session, cache: { ...session.cache, hostMount: (id) => folders.get(id) } }
}

/**
 * Builds again when a layer of a shared cache was not what its record says, which is then not taken a second time. What was
 * made before is in the store.
 */
async function untilSound<T>(
  imports: Imports | undefined,
  signal: AbortSignal | undefined,
  work: () => Promise<T>,
): Promise<T> {
  for (;;) {
    const refused = imports?.refused()
    try {
      return await work()
    } catch (error) {
      if (signal?.aborted || imports?.refused() === refused) throw error
    }
  }
}

function secretInConfig(id: string): string {
  return `warning: the image has the value of the secret ${id} in its config, where ARG, ENV, LABEL and commands are kept for all to read: use RUN --mount=type=secret,id=${id}`
}

/** Where nothing was made nothing is looked at. The image is there, whatever comes of this, and stays without a name too. */
async function keepCacheSmall(
  { steps, manifest }: BuildResult,
  { cacheMax, outputs = [], onEvent }: BuildOptions,
  environment: Environment,
): Promise<void> {
  if (cacheMax === undefined || (steps.cached === steps.total && outputs.length === 0)) return
  const { pruneBeside } = await import('./usage.ts')
  try {
    await pruneBeside(manifest.digest, { all: true, maxUsedSpace: cacheMax }, environment)
  } catch (error) {
    if (!(error instanceof TsbuildError)) throw error
    onEvent?.({ type: 'notice', at: environment.now(), message: `the cache was not pruned: ${error.message}` })
  }
}

/** Before a step runs: a name that cannot be pushed to is known without an image. */
async function checkPushes({ outputs = [], tags = [] }: BuildOptions): Promise<void> {
  for (const output of outputs) {
    if (output.type !== 'registry') continue
    const { pushTargets } = await import('./push.ts')
    pushTargets(output.names ?? tags, output.byDigest)
  }
}

/**
 * Writes or pushes what is asked for, one after the other.
 * @returns the manifest that was pushed last
 */
async function writeOutputs(
  image: Image,
  names: readonly string[],
  outputs: NonNullable<BuildOptions['outputs']>,
  environment: Environment,
  session: Session,
  report: Report,
  signal: AbortSignal | undefined,
): Promise<Descriptor | undefined> {
  const { exportPorts, writeOutput } = await import('./outputs.ts')
  const ports = exportPorts(session, signal, report)
  let pushed: Descriptor | undefined
  for (const output of outputs) {
    if (output.type === 'registry') {
      const { pushImage, pushTargets } = await import('./push.ts')
      const targets = pushTargets(output.names ?? names, output.byDigest)
      pushed = await pushImage(annotated(image, output.annotations), targets, session, report, signal)
    } else await writeOutput(image, names, output, environment, ports)
  }
  return pushed
}

/** Outputs come first: an image is named only when all that was asked for could be written. */
function exportImage(
  image: Image,
  names: readonly string[],
  { outputs = [], annotations, signal }: BuildOptions,
  environment: Environment,
  session: Session,
  progress: Progress,
) {
  return progress.step('export', 'exporting to image', async (report) => {
    const pushed =
      outputs.length === 0 ? undefined : await writeOutputs(image, names, outputs, environment, session, report, signal)
    signal?.throwIfAborted()
    const manifest = await session.store.images.save(annotated(image, annotations), names)
    report(`writing image ${image.id}`, 0, undefined, true)
    for (const name of names) report(`naming to ${name}`, 0, undefined, true)
    return pushed ?? manifest
  })
}
