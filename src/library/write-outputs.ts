import type { Digest } from '../digest/index.ts'
import { readOption } from '../errors.ts'
import type { ExportPorts } from '../export/index.ts'
import type { Descriptor, ImageOrSet, Reference } from '../image/index.ts'
import type { BuildOptions, Environment, RegistryOutput } from '../options.ts'
import { annotated } from './annotations.ts'
import type { Written } from './build-result.ts'
import { alone, exportPorts, writeOutput } from './outputs.ts'
import type { Report } from './progress.ts'
import type { Pushed } from './push.ts'
import type { Session } from './session.ts'

/**
 * Before a step runs: a name that cannot be pushed to is known without an image.
 * @throws {OptionError} TSB_PUSH_NAME, TSB_REFERENCE_FORMAT
 */
export async function checkPushes({ outputs = [], tags = [] }: BuildOptions): Promise<void> {
  for (const output of outputs) {
    if (output.type !== 'registry') continue
    const { pushTargets } = await import('./push.ts')
    readOption(() => pushTargets(output.names ?? tags, output.byDigest))
  }
}

/**
 * Writes or pushes what is asked for, one after the other.
 * @returns what was pushed last, names of it beside the tags, and what registries have under these
 */
export async function writeOutputs(
  image: ImageOrSet,
  names: readonly string[],
  outputs: NonNullable<BuildOptions['outputs']>,
  environment: Environment,
  session: Session,
  report: Report,
  notice: (message: string) => void,
  signal: AbortSignal | undefined,
): Promise<Pick<Written, 'remote' | 'pushed'> & { readonly tagged: ReadonlyMap<string, Digest> }> {
  const ports = exportPorts(session, signal, report)
  let remote: Pushed | undefined
  const pushed: string[] = []
  const tagged = new Map<string, Digest>()
  for (const output of outputs) {
    if (output.type === 'registry') {
      const { pushImage, pushTargets } = await import('./push.ts')
      const targets = pushTargets(output.names ?? names, output.byDigest)
      remote = await pushImage(annotated(image, output.annotations), targets, session, report, signal, output.form)
      for (const { reference, tag } of targets) {
        pushed.push(...namesByDigest(reference, remote.descriptor, output))
        if (tag !== undefined) tagged.set(reference.normal, remote.descriptor.digest)
      }
    } else if (output.type === 'engine') await giveToEngine(image, names, environment, ports, report, notice)
    else await writeOutput(image, names, output, environment, ports)
  }
  return { remote, pushed, tagged }
}

/** Where no engine is there is nothing to do: the image is in the store. */
async function giveToEngine(
  image: ImageOrSet,
  names: readonly string[],
  environment: Environment,
  ports: ExportPorts,
  report: Report,
  notice: (message: string) => void,
): Promise<void> {
  const { findEngine, loadIntoEngine } = await import('./engine.ts')
  const engine = await findEngine(environment)
  if ('none' in engine) return notice(`warning: ${engine.none}: the image is in the store alone`)
  await loadIntoEngine(alone(image), names, engine.socket, ports)
  report(`loading into the Docker engine at ${engine.socket}`, 0, undefined, true)
}

function namesByDigest({ domain, path }: Reference, { digest }: Descriptor, output: RegistryOutput): readonly string[] {
  const place = `${domain}/${path}`
  return [...(output.byDigest ? [place] : []), ...(output.canonical ? [`${place}@${digest}`] : [])]
}
