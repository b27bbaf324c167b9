import type { Digest } from '../digest/index.ts'
import { TsbuildError } from '../errors.ts'
import { type Descriptor, type DocumentLimits, parseManifestOrIndex } from '../image/index.ts'
import { limitHint } from '../limits.ts'
import { openTurns, type Turns } from '../turns.ts'
import { allOrNone } from './all-or-none.ts'
import type { Document, Report, Role, Source, Target } from './place.ts'

const blobsAtOnce = 4

/** What refers to an image and all that it leads to, and what refers to that: a registry can make these up without end. */
const mostReferrers = 1000

/**
 * Copies an image, or an index with all that it names, byte for byte: digests stay.
 * @param referrers whether what refers to them is copied too, and what refers to that
 * @throws {TsbuildError} TSB_INDEX_DEPTH, TSB_REFERRERS_LIMIT and those of source and target
 */
export async function copyAll(
  source: Source,
  target: Target,
  limits: DocumentLimits,
  report: Report | undefined,
  signal: AbortSignal | undefined,
  referrers = false,
): Promise<Descriptor> {
  const seen = { blobs: new Map<Digest, Promise<void>>(), documents: new Set<Digest>(), referrers: new Set<Digest>() }
  const work = { source, target, limits, report, turns: openTurns(blobsAtOnce), seen, referrers }
  await copyDocument(work, source.root, 'root', 0, signal)
  await target.finish()
  return source.root.descriptor
}

interface Work {
  readonly source: Source
  readonly target: Target
  readonly limits: DocumentLimits
  readonly report: Report | undefined
  readonly turns: Turns
  /** What is copied, or was: many images of an index share blobs, and indexes may share images. */
  readonly seen: {
    readonly blobs: Map<Digest, Promise<void>>
    readonly documents: Set<Digest>
    readonly referrers: Set<Digest>
  }
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
  const found = await parseManifestOrIndex(bytes, { name, mediaType: descriptor.mediaType }, work.limits)
  if (found.kind === 'index') {
    const { indexes } = work.limits
    if (depth >= indexes) {
      throw new TsbuildError('TSB_INDEX_DEPTH', `${name}: more than ${indexes} indexes in one another`, {
        hint: limitHint('index-depth'),
      })
    }
    for (const child of found.index.manifests) {
      if (work.seen.documents.has(child.digest)) continue
      work.seen.documents.add(child.digest)
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
    if (work.seen.referrers.size >= mostReferrers) throw tooManyReferrers(work.source.root)
    work.seen.referrers.add(own)
    const descriptor = { mediaType, digest: own, size }
    const bytes = await work.source.document(descriptor, signal)
    await copyDocument(work, { descriptor, bytes }, 'referrer', depth + 1, signal)
  }
}

function tooManyReferrers({ descriptor }: Document): TsbuildError {
  const message = `more than ${mostReferrers} documents refer to ${descriptor.digest}, or to what refers to it`
  return new TsbuildError('TSB_REFERRERS_LIMIT', message, {
    hint: 'copy the image without --referrers, then by their digests those that are wanted: tsbuild referrers lists them',
  })
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
