import path from 'node:path'
import { type Built, buildImages } from '../build.ts'
import { readOption, TsbuildError } from '../errors.ts'
import type { ExportPorts } from '../export/index.ts'
import {
  type Descriptor,
  type Image,
  type ImageOrSet,
  isImageSet,
  parseReference,
  type Reference,
} from '../image/index.ts'
import { makeFolder } from '../make-folder.ts'
import type { BuildOptions, BuildResult, Environment, RegistryOutput } from '../options.ts'
import type { Imports } from '../shared-cache/index.ts'
import { annotated } from './annotations.ts'
import { asOne, buildResult, type Written } from './build-result.ts'
import { checkOutputs } from './check-outputs.ts'
import { load } from './load.ts'
import { buildPorts } from './ports.ts'
import { type Progress, progressTo, type Report } from './progress.ts'
import type { Pushed } from './push.ts'
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
  checkOutputs(options, environment)
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
  const platforms = loaded.requests.map(({ platform }) => platform)
  const world = { session, environment, progress, notice, platforms, signal: options.signal }
  const imports = options.cacheFrom?.length
    ? (await import('./shared-cache.ts')).importsOf(options.cacheFrom, world)
    : undefined
  const cache = imports?.cache ?? session.cache
  const ports = buildPorts({ ...session, cache }, loaded, options, environment, progress)
  const { built, kept, written } = await untilSound(imports, options.signal, async () => {
    const built = await buildImages(loaded.dockerfile, loaded.requests, ports)
    const images = await finishedImages(built, imports, options, session, notice)
    const image = asOne(images, loaded.request.severalPlatforms)
    const kept = annotated(image, options.annotations)
    return { built, kept, written: await exportImage(image, kept, names, options, environment, session, progress) }
  })
  if (options.cacheTo?.length)
    await (await import('./cache-export.ts')).exportCaches(built, options.cacheTo, imports, world)
  events({ type: 'build:done', at: now(), milliseconds: now() - started })
  return buildResult(kept, written, names, built)
}

/** The images as they are kept: what is wrong with them was said, and the records of their cache are in them. */
async function finishedImages(
  built: Built,
  imports: Imports | undefined,
  { cacheTo, signal }: BuildOptions,
  session: Session,
  notice: (message: string) => void,
): Promise<readonly Image[]> {
  const images = built.images.map(({ image }) => image)
  for (const id of await secretsInConfigs(images, session)) notice(secretInConfig(id))
  signal?.throwIfAborted()
  for (const image of images) await imports?.settle(image)
  if (!cacheTo?.length) return images
  const { withCacheInside } = await import('./cache-export.ts')
  return Promise.all(built.images.map((each) => withCacheInside(each, built.executed, cacheTo)))
}

async function secretsInConfigs(images: readonly Image[], { secrets }: Session): Promise<ReadonlySet<string>> {
  const found = await Promise.all(images.map(({ configBytes }) => secretsIn(configBytes, secrets)))
  return new Set(found.flat())
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
  { steps, stored }: BuildResult,
  { cacheMax, outputs = [], onEvent }: BuildOptions,
  environment: Environment,
): Promise<void> {
  if (cacheMax === undefined || (steps.cached === steps.total && outputs.length === 0)) return
  const { pruneBeside } = await import('./usage.ts')
  try {
    await pruneBeside(stored.digest, { all: true, maxUsedSpace: cacheMax }, environment)
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
 * @returns what was pushed last, and names of it beside the tags
 */
async function writeOutputs(
  image: ImageOrSet,
  names: readonly string[],
  outputs: NonNullable<BuildOptions['outputs']>,
  environment: Environment,
  session: Session,
  report: Report,
  signal: AbortSignal | undefined,
): Promise<Pick<Written, 'remote' | 'pushed'>> {
  const { exportPorts, writeOutput } = await import('./outputs.ts')
  const ports = exportPorts(session, signal, report)
  let remote: Pushed | undefined
  const pushed: string[] = []
  for (const output of outputs) {
    if (output.type === 'registry') {
      const { pushImage, pushTargets } = await import('./push.ts')
      const targets = pushTargets(output.names ?? names, output.byDigest)
      remote = await pushImage(annotated(image, output.annotations), targets, session, report, signal, output.form)
      for (const { reference } of targets) pushed.push(...namesByDigest(reference, remote.descriptor, output))
    } else if (output.type === 'engine') await giveToEngine(image, names, environment, ports, report)
    else await writeOutput(image, names, output, environment, ports)
  }
  return { remote, pushed }
}

/** Where no engine is there is nothing to do: the image is in the store. */
async function giveToEngine(
  image: ImageOrSet,
  names: readonly string[],
  environment: Environment,
  ports: ExportPorts,
  report: Report,
): Promise<void> {
  const { findEngine, loadIntoEngine } = await import('./engine.ts')
  const { alone } = await import('./outputs.ts')
  const engine = await findEngine(environment)
  if ('none' in engine) return report(`${engine.none}: the image is in the store alone`, 0, undefined, true)
  await loadIntoEngine(alone(image), names, engine.socket, ports)
  report(`loading into the Docker engine at ${engine.socket}`, 0, undefined, true)
}

function namesByDigest({ domain, path }: Reference, { digest }: Descriptor, output: RegistryOutput): readonly string[] {
  const place = `${domain}/${path}`
  return [...(output.byDigest ? [place] : []), ...(output.canonical ? [`${place}@${digest}`] : [])]
}

/**
 * Outputs come first: an image is named only when all that was asked for could be written.
 * @param kept the image with what the store says of it
 */
function exportImage(
  image: ImageOrSet,
  kept: ImageOrSet,
  names: readonly string[],
  { outputs = [], signal }: BuildOptions,
  environment: Environment,
  session: Session,
  progress: Progress,
) {
  return progress.step('export', 'exporting to image', async (report) => {
    const written =
      outputs.length === 0 ? undefined : await writeOutputs(image, names, outputs, environment, session, report, signal)
    signal?.throwIfAborted()
    const stored = await session.store.images.save(kept, names)
    report(`writing image ${isImageSet(image) ? stored.digest : image.id}`, 0, undefined, true)
    for (const name of names) report(`naming to ${name}`, 0, undefined, true)
    return { stored, remote: written?.remote, pushed: written?.pushed ?? [] }
  })
}
