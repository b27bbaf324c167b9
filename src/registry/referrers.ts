import { randomInt } from 'node:crypto'
import { type Digest, hexOf } from '../digest/index.ts'
import { TsbuildError } from '../errors.ts'
import { pause } from '../http/index.ts'
import { type Descriptor, mediaTypes, parseIndex } from '../image/index.ts'
import type { Message } from './client.ts'
import { messageTo } from './outgoing.ts'
import { type Asking, readDocument } from './resolve.ts'
import { nextPage, pageLimit } from './tags.ts'

/** What says something about an image: a signature, a list of what is in it, any OCI artifact. */
export interface Referrer extends Descriptor {
  readonly artifactType?: string | undefined
}

const writesAtMost = 10

/**
 * What refers to a manifest: asked of the registry, else what clients keep under a tag where it does not know.
 * @throws {TsbuildError} TSB_TAGS_LINK, TSB_DOCUMENT_FORMAT and those of `Client`
 * @see https://github.com/opencontainers/distribution-spec/blob/main/spec.md#listing-referrers
 */
export async function listReferrers(asking: Asking, digest: Digest): Promise<readonly Referrer[]> {
  return (await orNothing(() => askedFor(asking, digest))) ?? (await taggedReferrers(asking, digest))
}

/**
 * Adds to what clients keep under a tag, for a registry that does not list referrers itself. Who read the tag before we wrote it
 * may still take what we wrote away: so it is looked at again after a while, longer than our own reading and writing took,
 * and written once more. That makes a loss rare; a tag cannot do better.
 * @throws {TsbuildError} TSB_REFERRER_LOST and those of `Client`
 */
export async function addReferrer(asking: Asking, subject: Digest, entry: Referrer): Promise<void> {
  for (let tries = 0; tries <= writesAtMost; tries++) {
    const start = performance.now()
    const known = await taggedReferrers(asking, subject)
    if (known.some(({ digest }) => digest === entry.digest)) return
    if (tries === writesAtMost) break
    const index = { schemaVersion: 2, mediaType: mediaTypes.index, manifests: [...known, entry] }
    const bytes = new TextEncoder().encode(JSON.stringify(index))
    await asking.client.ask(asking.endpoint, putMessage(asking, tagOf(subject), bytes), asking.signal)
    await pause(randomInt(150, 300) + 2 * (performance.now() - start), asking.signal)
  }
  throw new TsbuildError(
    'TSB_REFERRER_LOST',
    `${asking.endpoint.host} does not keep that ${entry.digest} refers to ${subject}`,
    {
      hint: `others write the tag ${tagOf(subject)} at the same time: try again`,
    },
  )
}

/** Whom a manifest refers to, and as what; undefined for one that refers to nobody. */
export function referenceIn(
  bytes: Uint8Array,
  descriptor: Descriptor,
): { readonly subject: Digest; readonly entry: Referrer } | undefined {
  const { subject, artifactType, config, annotations } = JSON.parse(new TextDecoder().decode(bytes)) as {
    readonly subject?: Descriptor | null
    readonly artifactType?: string
    readonly config?: Descriptor
    readonly annotations?: Readonly<Record<string, string>>
  }
  if (!subject) return undefined
  const type = artifactType ?? config?.mediaType
  const entry = { ...descriptor, ...(type && { artifactType: type }), ...(annotations && { annotations }) }
  return { subject: subject.digest, entry }
}

async function askedFor({ client, endpoint, limits, signal }: Asking, digest: Digest): Promise<readonly Referrer[]> {
  const found: Referrer[] = []
  const seen = new Set<string>()
  for (let path: string | undefined = `referrers/${digest}`; path !== undefined && seen.size < pageLimit; ) {
    seen.add(path)
    const name = `what refers to ${digest} in ${endpoint.host}/${endpoint.repository}`
    const about = { name, limit: limits.manifest, accept: mediaTypes.index }
    const { bytes, headers } = await client.read(endpoint, path, about, signal)
    for (const entry of (await parseIndex(bytes, name)).manifests) found.push(entry)
    const next = nextPage(endpoint, path, headers.link)
    path = next === undefined || seen.has(next) ? undefined : next
  }
  return found
}

async function taggedReferrers(asking: Asking, digest: Digest): Promise<readonly Referrer[]> {
  const { endpoint } = asking
  const document = await orNothing(() => readDocument(asking, { tag: tagOf(digest) }))
  if (!document) return []
  return (await parseIndex(document.bytes, `${endpoint.host}/${endpoint.repository}:${tagOf(digest)}`)).manifests
}

function putMessage({ endpoint }: Asking, tag: string, bytes: Uint8Array): Message {
  const path = `manifests/${tag}`
  return {
    ...messageTo(endpoint, 'PUT', new URL(path, endpoint.base), path),
    headers: { 'content-type': mediaTypes.index, 'content-length': String(bytes.length) },
    body: () => [bytes],
  }
}

function tagOf(digest: Digest): string {
  return `sha256-${hexOf(digest)}`
}

async function orNothing<T>(ask: () => Promise<T>): Promise<T | undefined> {
  try {
    return await ask()
  } catch (error) {
    if (error instanceof TsbuildError && error.code === 'TSB_IMAGE_NOT_FOUND') return undefined
    throw error
  }
}
