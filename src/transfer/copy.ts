import type { Digest } from '../digest/index.ts'
import { TsbuildError } from '../errors.ts'
import { type Descriptor, parseManifestOrIndex } from '../image/index.ts'
import { openTurns, type Turns } from '../turns.ts'
import { allOrNone } from './all-or-none.ts'
import type { Document, Report, Role, Source, Target } from './place.ts'

const maximumIndexes = 4
const blobsAtOnce = 4

/**
 * Copies an image, or an index with all that it names, byte for byte: digests stay.
 * @param referrers whether what refers to them is copied too, and what refers to that
 * @throws {TsbuildError} TSB_INDEX_DEPTH and those of source and target
 */
export async function copyAll(
  source: Source,
  target: Target,
  report: Report | undefined,
  signal: AbortSignal | undefined,
  referrers = false,
): Promise<Descriptor> {
  const seen = { blobs: new Map<Digest, Promise<void>>(), referrers: new Set<Digest>() }
  const work = { source, target, report, turns: openTurns(blobsAtOnce), seen, referrers }
  await copyDocument(work, source.root, 'root', 0, signal)
  await target.finish()
  return source.root.descriptor
}

interface Work {
  readonly source: Source
  readonly target: Target
  readonly report: Report | undefined
  readonly turns: Turns
  /** Blobs that are copied, or were: many images of an index share them. */
  readonly seen: { readonly blobs: Map<Digest, Promise<void>>; readonly referrers: Set<Digest> }
  readonly referrers: boolean
}

async function copyDocument(
  work: Work,
  document: Document,
  role: Role,
  depth: number,
  signal: AbortSignal | undefined,
): Promise<void> {
  const { descriptor, bytes } = document
  const name = `document ${descriptor.digest}`
  const found = await parseManifestOrIndex(bytes, { name, mediaType: descriptor.mediaType })
  if (found.kind === 'index') {
    if (depth >= maximumIndexes) {
      throw new TsbuildError('TSB_INDEX_DEPTH', `${name}: more than ${maximumIndexes} indexes in one another`)
    }
    for (const child of found.index.manifests) {
      const childBytes = await work.source.document(child, signal)
      await copyDocument(work, { descriptor: child, bytes: childBytes }, 'part', depth + 1, signal)
    }
  } else {
    const { config, layers } = found.manifest
    await allOrNone([config, ...layers].filter(isHad), signal, (blob, stop) => copyBlob(work, blob, stop))
  }
  await work.target.document(document, role, signal)
  work.report?.(`copying manifest ${descriptor.digest}`, bytes.length, bytes.length, true)
  if (work.referrers) await copyReferrers(work, descriptor.digest, depth, signal)
}

/** What refers to a document comes after it: a registry that checks it has it then. */
async function copyReferrers(
  work: Work,
  digest: Digest,
  depth: number,
  signal: AbortSignal | undefined,
): Promise<void> {
  const found = (await work.source.referrers?.(digest, signal)) ?? []
  for (const { mediaType, digest: own, size } of found) {
    if (work.seen.referrers.has(own)) continue
    work.seen.referrers.add(own)
    const descriptor = { mediaType, digest: own, size }
    const bytes = await work.source.document(descriptor, signal)
    await copyDocument(work, { descriptor, bytes }, 'referrer', depth + 1, signal)
  }
}

/** Layers that only their maker may give away are in no registry (E14: their URLs are not asked). */
function isHad({ mediaType }: Descriptor): boolean {
  return !/nondistributable|foreign/.test(mediaType)
}

function copyBlob({ source, target, report, turns, seen }: Work, descriptor: Descriptor, signal: AbortSignal) {
  const copied =
    seen.blobs.get(descriptor.digest) ?? turns(() => target.blob(source.blob(descriptor, signal), report, signal))
  seen.blobs.set(descriptor.digest, copied)
  return copied
}
