import { isDeepStrictEqual } from 'node:util'
import { sha256 } from '../digest/index.ts'
import { readOption, TsbuildError } from '../errors.ts'
import {
  checkIsImage,
  type Descriptor,
  type DocumentLimits,
  documentLimitsOf,
  type ImageConfig,
  type Index,
  mediaTypes,
  type Platform,
  parseConfig,
  parseManifestOrIndex,
  parseReference,
  type Reference,
} from '../image/index.ts'
import type { Environment } from '../options.ts'
import type { Registry } from '../registry/index.ts'
import type { IndexOptions, RemoteDocumentText } from '../registry-options.ts'
import { copyAll, type Document, registrySource, registryTarget, type Source } from '../transfer/index.ts'
import { progressTo, type Report } from './progress.ts'
import { pushing, pushTargets } from './push.ts'
import { sessionOptions } from './registry-commands.ts'
import { registryName } from './registry-name.ts'
import { openSession } from './session.ts'

/**
 * Joins images, and those of indexes, to one index and pushes it; images that are in another repository are copied. This
 * brings together what several machines have built and pushed by digest.
 * @throws {TsbuildError} TSB_PUSH_NAME, TSB_INDEX_PLATFORM for two images of one platform, TSB_PUSH_FAILED; TSB_MEDIA_TYPE for what
 *   is no image; OptionError TSB_REGISTRY_NAME, TSB_REFERENCE_FORMAT, TSB_DIGEST_FORMAT for what cannot be asked for
 */
export async function createIndex(options: IndexOptions, environment: Environment): Promise<RemoteDocumentText> {
  const targets = pushTargets(options.names.map(registryName))
  const [first] = targets
  if (!first) throw new Error('pushTargets gives a target for each name')
  const sources = readOption(() => options.sources.map((text) => sourceOf(text, first.reference)))
  const { signal, onEvent = () => {} } = options
  await using session = await openSession(environment, sessionOptions(options, environment))
  const registry = await session.registry()
  const limits = documentLimitsOf(session.limits)
  const title = `creating index ${options.names.join(', ')}`
  return await progressTo(onEvent, environment.now).step('index', title, async (report) => {
    const parts = await Promise.all(
      sources.map(({ text, reference }) => partsOf(registry, text, reference, limits, signal)),
    )
    const index = indexOf(parts.flat(), options.annotations)
    if (options.dryRun) return { descriptor: index.descriptor, text: new TextDecoder().decode(index.bytes) }
    for (const { reference, tag } of targets) {
      await pushing(reference.familiar, () =>
        pushIndex(registry, parts.flat(), index, `${reference.domain}/${reference.path}`, tag, limits, report, signal),
      )
    }
    return { descriptor: index.descriptor, text: new TextDecoder().decode(index.bytes) }
  })
}

/** What an argument names: a digest alone is of the repository of the first name. */
function sourceOf(text: string, { domain, path }: Reference): { readonly text: string; readonly reference: Reference } {
  if (/^sha256:[^/]*$/.test(text)) {
    const digest = text.slice('sha256:'.length)
    if (/^[0-9a-f]{64}$/.test(digest)) return { text, reference: parseReference(`${domain}/${path}@${text}`) }
    throw new TsbuildError('TSB_DIGEST_FORMAT', `${text} is no digest: ${wrongLength(digest)}`, {
      hint: 'give it whole, as --digest-file has it',
    })
  }
  return { text, reference: parseReference(registryName(text)) }
}

function wrongLength({ length }: string): string {
  if (length === 64) return 'what stands behind sha256: are digits and the letters a to f'
  return `it is too ${length < 64 ? 'short' : 'long'}, behind sha256: stand 64 digits and not ${length}`
}

/** An image that becomes a part of an index. */
interface Part {
  readonly location: string
  readonly source: Source
  readonly entry: Descriptor
}

async function partsOf(
  registry: Registry,
  text: string,
  reference: Reference,
  limits: DocumentLimits,
  signal: AbortSignal | undefined,
): Promise<readonly Part[]> {
  const source = await registrySource(registry, reference, signal)
  const location = `${reference.domain}/${reference.path}`
  const { descriptor, bytes } = source.root
  const found = await parseManifestOrIndex(bytes, { name: text, mediaType: descriptor.mediaType }, limits)
  if (found.kind === 'manifest') {
    checkIsImage(found.manifest, text)
    const platform = await platformOf(registry, location, found.manifest.config, text, signal)
    return [{ location, source, entry: { ...descriptor, platform } }]
  }
  return Promise.all(
    found.index.manifests.map(async (entry) => {
      const root = { descriptor: entry, bytes: await source.document(entry, signal) }
      return { location, source: { ...source, root }, entry }
    }),
  )
}

async function platformOf(
  registry: Registry,
  location: string,
  config: Descriptor,
  name: string,
  signal: AbortSignal | undefined,
): Promise<Platform> {
  const chunks: Uint8Array[] = []
  if (config.size > 8 << 20) throw new TsbuildError('TSB_DOCUMENT_TOO_LARGE', `the config of ${name} is too large`)
  for await (const chunk of registry.blob(location, config, signal)) chunks.push(chunk)
  const { os, architecture, variant, ...rest }: ImageConfig = await parseConfig(
    Buffer.concat(chunks),
    `the config of ${name}`,
  )
  const version: unknown = Reflect.get(rest, 'os.version')
  return {
    os,
    architecture,
    ...(variant && { variant }),
    ...(typeof version === 'string' && { 'os.version': version }),
  }
}

function indexOf(parts: readonly Part[], annotations: Readonly<Record<string, string>> = {}): Document {
  const manifests = [...new Map(parts.map(({ entry }) => [entry.digest, entry])).values()]
  checkPlatforms(manifests)
  const index: Index = {
    schemaVersion: 2,
    mediaType: mediaTypes.index,
    manifests,
    ...(Object.keys(annotations).length > 0 && { annotations }),
  }
  const bytes = new TextEncoder().encode(JSON.stringify(index))
  return { descriptor: { mediaType: mediaTypes.index, digest: sha256(bytes), size: bytes.length }, bytes }
}

/** Who asks for a platform gets the first that fits: the other one would never be seen. */
function checkPlatforms(manifests: readonly Descriptor[]): void {
  const known = manifests.filter(({ platform }) => platform && platform.os !== 'unknown')
  for (const [at, { platform, digest }] of known.entries()) {
    const same = known.slice(0, at).find((earlier) => isDeepStrictEqual(earlier.platform, platform))
    if (!same) continue
    const name = `${platform?.os}/${platform?.architecture}${platform?.variant ? `/${platform.variant}` : ''}`
    throw new TsbuildError('TSB_INDEX_PLATFORM', `two images are for ${name}: ${same.digest} and ${digest}`, {
      hint: 'leave one of them out',
    })
  }
}

async function pushIndex(
  registry: Registry,
  parts: readonly Part[],
  index: Document,
  location: string,
  tag: string | undefined,
  limits: DocumentLimits,
  report: Report,
  signal: AbortSignal | undefined,
): Promise<void> {
  for (const { location: from, source } of parts) {
    if (from !== location) await copyAll(source, registryTarget(registry, location, []), limits, report, signal)
  }
  const { mediaType } = index.descriptor
  await registry.put(location, { mediaType, bytes: index.bytes }, tag, signal)
  report(`pushing index ${index.descriptor.digest}`, index.bytes.length, index.bytes.length, true)
}
