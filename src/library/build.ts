import { type Built, buildImages } from '../build.ts'
import { cacheSecrets } from '../cache-options.ts'
import { readOption, TsbuildError, withLog } from '../errors.ts'
import { mergeNodes, type Node, type Plan } from '../graph/index.ts'
import { type Image, type ImageOrSet, isImageSet, parseReference } from '../image/index.ts'
import type { BuildOptions, BuildResult, Environment } from '../options.ts'
import { annotated } from './annotations.ts'
import type { Ahead } from './ask-ahead.ts'
import { asOne, buildResult } from './build-result.ts'
import { checkOutputs } from './check-outputs.ts'
import { readingAhead } from './context/read-ahead.ts'
import { openDebugging } from './debugging.ts'
import { comparedImages, growthsOf } from './growths.ts'
import { hasImages } from './has-store.ts'
import { type Loaded, load } from './load.ts'
import { buildPorts } from './ports.ts'
import { type Progress, progressTo } from './progress.ts'
import { showPulls } from './pulls-shown.ts'
import { openRecording, type Recording } from './recording.ts'
import { type RegistryClient, registryClient } from './registry-client.ts'
import { openRounds } from './rounds.ts'
import { checkSecrets, secretsIn } from './secrets.ts'
import { openSession, type Session } from './session.ts'
import { checkSharing, openSharing, type Sharing } from './sharing.ts'

/**
 * Builds an image from a Dockerfile, names it in the store, and writes the outputs that are asked for.
 * @throws {TsbuildError} for all that a user can mend; the reason of `options.signal` when it was aborted. Nothing is named
 *   then, unless shared caches were all that was left to write.
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
  if (options.outputs?.length) await (await import('./write-outputs.ts')).checkPushes(options)
  if (options.outputs?.length || options.errorOutputs?.length) {
    await (await import('./check-places.ts')).checkPlaces(options, environment)
  }
  checkSharing(options)
  await checkSecrets(options.secrets, environment, notice)
  let told = events
  const pulls = showPulls((event) => told(event), now)
  const sessionOptions = { ...options, notice, onBytes: pulls.onBytes, remember: 'when-done' } as const
  const ahead = await aheadOf(options, environment, registryClient(environment, sessionOptions))
  await using client = ahead.client
  await using session = await openSession(environment, sessionOptions, client)
  const keys = cacheSecrets([...(options.cacheFrom ?? []), ...(options.cacheTo ?? [])])
  const isQuiet = session.secrets.ids.length === 0 && keys.length === 0
  const hush = isQuiet ? undefined : await (await import('./hush.ts')).openHush(session.secrets, keys)
  const recording = openRecording(session.store.root, options, environment, hush?.text)
  told = (event) => {
    recording.event(event)
    events(event)
  }
  const onEvent = hush ? hush.events(told) : told
  try {
    return await buildIn(session, names, { ...options, onEvent }, environment, recording, {
      hushed: hush?.text,
      sources: ahead.sources,
    })
  } catch (thrown) {
    pulls.end()
    const error = hush ? hush.error(thrown) : thrown
    throw withLog(error, recording.failed(error))
  }
}

async function aheadOf(options: BuildOptions, environment: Environment, client: RegistryClient): Promise<Ahead> {
  if (hasImages(environment)) return { client, sources: [] }
  return (await import('./ask-ahead.ts')).askAhead(client, options, environment)
}

async function buildIn(
  session: Session,
  names: readonly string[],
  asked: BuildOptions,
  environment: Environment,
  recording: Recording,
  {
    hushed,
    sources,
  }: Pick<Ahead, 'sources'> & { /** Hides secrets. */ readonly hushed: ((text: string) => string) | undefined },
): Promise<BuildResult> {
  const { now } = environment
  const rounds = openRounds(asked.onEvent ?? (() => {}))
  const { events } = rounds
  const options = { ...asked, onEvent: events }
  const serious = (message: string) => events({ type: 'notice', at: now(), message, serious: true })
  const started = now()
  const progress = progressTo(events, now)
  const loaded = await load(session, options, environment, progress)
  const platforms = loaded.requests.map(({ platform }) => platform)
  recording.loaded(loaded.dockerfile, platforms)
  const compared = await comparedImages(options, platforms, session)
  const sharing = await openSharing(options, session, environment, progress, platforms, rounds)
  const debugging = openDebugging(options, session, environment, recording, hushed)
  const opened = { ...session, cache: sharing.cache, bases: sharing.bases }
  const run = buildPorts(opened, loaded, options, environment, progress)
  const aheadPorts = { bases: run.bases, context: run.sources.context, events: run.events, now }
  const read = readingAhead(aheadPorts, sources, loaded.contextAnew, session.cache.digests)
  const ports = {
    ...run,
    bases: read.bases,
    events: read.events,
    sources: { ...run.sources, context: read.context },
    former: recording.former,
    ranBefore: rounds.ran,
    ...debugging.ports,
  }
  let made: Built | undefined
  const work = debugging.around(() =>
    sharing.sound(async () => {
      made = undefined
      const all = await buildImages(loaded.dockerfile, loaded.requests, ports)
      const built = { ...all, executed: rounds.counted(all.executed) }
      made = built
      const configs = built.images.map(({ image }) => image)
      for (const id of await secretsInConfigs(configs, session)) {
        serious(secretInConfig(id))
      }
      options.signal?.throwIfAborted()
      const growths = await growthsOf(built, compared, names[0], options, session, serious)
      const images = await Promise.all(
        built.images.map(({ image, plan }) => sharing.ready(image, plan, built.executed)),
      )
      const image = asOne(images, loaded.request.severalPlatforms)
      const kept = annotated(image, options.annotations)
      const written = await exportImage(image, kept, names, options, environment, sharing.session, progress)
      return { built, kept, written, growths }
    }),
  )
  const { built, kept, written, growths } = await work.catch(async (error: unknown) => {
    if (made && !options.signal?.aborted) await shareInSpite(made, sharing, serious)
    await sharing.abandon()
    throw error
  })
  await sharing.write(plansOf(built), built.executed)
  await adviseOnContext(built, loaded, options, environment)
  events({ type: 'build:done', at: now(), milliseconds: now() - started })
  const result = await buildResult(kept, written, names, built)
  const record = await recording.completed(result, built, growths)
  return { ...result, ...(record && { build: record }) }
}

function plansOf({ images }: Built): readonly Plan[] {
  return images.map(({ plan }) => plan)
}

/** What could not be exported was made all the same: the next job, whose store may be empty, finds it in the shared caches. */
async function shareInSpite(built: Built, sharing: Sharing, serious: (message: string) => void): Promise<void> {
  try {
    await sharing.write(plansOf(built), built.executed)
  } catch (error) {
    // Why the build failed is what counts.
    serious(`warning: ${error instanceof Error ? error.message : String(error)}`)
  }
}

/** Of a build that took more of a folder than it is likely to want. One in which no COPY ran looks at nothing. */
async function adviseOnContext(
  { images, executed: { results } }: Built,
  { context }: Loaded,
  options: BuildOptions,
  { now }: Environment,
): Promise<void> {
  const nodes = mergeNodes(images.map(({ plan }) => plan))
  const hasRun = ({ id }: Node) => results.get(id)?.cached === false
  const isUsed = nodes.some(({ op }) => op.kind === 'context' && op.name === 'context')
  if (!isUsed || typeof options.context !== 'string' || !nodes.some((node) => node.op.kind === 'copy' && hasRun(node)))
    return
  const { ignoreFileWanted } = await import('./context/advice.ts')
  const message = ignoreFileWanted(nodes, hasRun, await context('context'))
  if (message !== undefined) options.onEvent?.({ type: 'notice', at: now(), message })
}

async function secretsInConfigs(images: readonly Image[], { secrets }: Session): Promise<ReadonlySet<string>> {
  const found = await Promise.all(images.map(({ configBytes }) => secretsIn(configBytes, secrets)))
  return new Set(found.flat())
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

/**
 * Outputs come first: an image is named only when all that was asked for could be written.
 * @param kept the image with what the store says of it
 */
function exportImage(
  image: ImageOrSet,
  kept: ImageOrSet,
  names: readonly string[],
  { outputs = [], signal, onEvent }: BuildOptions,
  environment: Environment,
  session: Session,
  progress: Progress,
) {
  return progress.step('export', 'exporting to image', async (report) => {
    const notice = (message: string) => onEvent?.({ type: 'notice', at: environment.now(), message, serious: true })
    const written =
      outputs.length === 0
        ? undefined
        : await (await import('./write-outputs.ts')).writeOutputs(
            image,
            names,
            outputs,
            environment,
            session,
            report,
            notice,
            signal,
          )
    signal?.throwIfAborted()
    await session.bases.named()
    const stored = await session.store.images.save(kept, names)
    for (const [name, digest] of written?.tagged ?? []) await session.store.images.published(stored, [name], digest)
    report(`writing image ${isImageSet(image) ? stored.digest : image.id}`, 0, undefined, true)
    for (const name of names) report(`naming to ${name}`, 0, undefined, true)
    return { stored, remote: written?.remote, pushed: written?.pushed ?? [] }
  })
}
