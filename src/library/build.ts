import { buildImage } from '../build.ts'
import { readOption, TsbuildError } from '../errors.ts'
import type { ExportPorts } from '../export/index.ts'
import { type Descriptor, type Image, parseReference, type Reference } from '../image/index.ts'
import type { BuildOptions, BuildResult, Environment, RegistryOutput } from '../options.ts'
import { annotated, checkAnnotations } from './annotations.ts'
import { load } from './load.ts'
import { buildPorts } from './ports.ts'
import { type Progress, progressTo, type Report } from './progress.ts'
import { checkSecrets, secretsIn } from './secrets.ts'
import { openSession, type Session } from './session.ts'
import { checkSharing, openSharing } from './sharing.ts'

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
  checkSharing(options)
  await checkSecrets(options.secrets, environment, notice)
  await using session = await openSession(environment, { ...options, notice })
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
  const sharing = await openSharing(options, session, environment, progress, [loaded.request.platform])
  const ports = buildPorts({ ...session, cache: sharing.cache }, loaded, options, environment, progress)
  const { built, written } = await sharing.sound(async () => {
    const built = await buildImage(loaded.dockerfile, loaded.request, ports)
    for (const id of await secretsIn(built.image.configBytes, session.secrets)) {
      events({ type: 'notice', at: now(), message: secretInConfig(id), serious: true })
    }
    options.signal?.throwIfAborted()
    const image = await sharing.ready(built.image, built.plan, built.executed)
    return { built, written: await exportImage(image, names, options, environment, sharing.session, progress) }
  })
  const { image, plan, executed } = built
  const { manifest, stored, pushed } = written
  await sharing.write([plan], executed)
  events({ type: 'build:done', at: now(), milliseconds: now() - started })
  const { os, architecture, variant } = image.config
  const platform = { os, architecture, ...(variant && { variant }) }
  return { id: image.id, manifest, stored, platform, names, pushed, steps: executed.steps, warnings: plan.warnings }
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
 * @returns the manifest that was pushed last, and names of it beside the tags
 */
async function writeOutputs(
  image: Image,
  names: readonly string[],
  outputs: NonNullable<BuildOptions['outputs']>,
  environment: Environment,
  session: Session,
  report: Report,
  signal: AbortSignal | undefined,
): Promise<{ readonly manifest: Descriptor | undefined; readonly pushed: readonly string[] }> {
  const { exportPorts, writeOutput } = await import('./outputs.ts')
  const ports = exportPorts(session, signal, report)
  let manifest: Descriptor | undefined
  const pushed: string[] = []
  for (const output of outputs) {
    if (output.type === 'registry') {
      const { pushImage, pushTargets } = await import('./push.ts')
      const targets = pushTargets(output.names ?? names, output.byDigest)
      manifest = await pushImage(annotated(image, output.annotations), targets, session, report, signal, output.form)
      for (const { reference } of targets) pushed.push(...namesByDigest(reference, manifest, output))
    } else if (output.type === 'engine') await giveToEngine(image, names, environment, ports, report)
    else await writeOutput(image, names, output, environment, ports)
  }
  return { manifest, pushed }
}

/** Where no engine is there is nothing to do: the image is in the store. */
async function giveToEngine(
  image: Image,
  names: readonly string[],
  environment: Environment,
  ports: ExportPorts,
  report: Report,
): Promise<void> {
  const { engineSocket, loadIntoEngine } = await import('./engine.ts')
  const socket = await engineSocket(environment)
  if (socket === undefined)
    return report('no Docker engine is here: the image is in the store alone', 0, undefined, true)
  await loadIntoEngine(image, names, socket, ports)
  report(`loading into the Docker engine at ${socket}`, 0, undefined, true)
}

function namesByDigest({ domain, path }: Reference, { digest }: Descriptor, output: RegistryOutput): readonly string[] {
  const place = `${domain}/${path}`
  return [...(output.byDigest ? [place] : []), ...(output.canonical ? [`${place}@${digest}`] : [])]
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
    const written =
      outputs.length === 0 ? undefined : await writeOutputs(image, names, outputs, environment, session, report, signal)
    signal?.throwIfAborted()
    const stored = await session.store.images.save(annotated(image, annotations), names)
    report(`writing image ${image.id}`, 0, undefined, true)
    for (const name of names) report(`naming to ${name}`, 0, undefined, true)
    return { stored, manifest: written?.manifest ?? stored, pushed: written?.pushed ?? [] }
  })
}
