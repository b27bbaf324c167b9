import path from 'node:path'
import { type ArchiveSource, openArchivedDocuments, type Temporary } from '../archive/index.ts'
import { hexOf, sha256Hasher } from '../digest/index.ts'
import { TsbuildError } from '../errors.ts'
import { blobName, checkPlace, type LayoutFile, replaceFile, writeLayout } from '../export/index.ts'
import type { Descriptor } from '../image/index.ts'
import type { Limits } from '../limits.ts'
import { type Blob, kindOf, type Report, type Source, type Target } from './place.ts'

/** What a layout or OCI archive has under a name. @throws {TsbuildError} those of `openArchivedDocuments` */
export async function layoutSource(source: ArchiveSource, temporary: Temporary, limits: Limits): Promise<Source> {
  const { root, document, blob } = await openArchivedDocuments(source, temporary, limits)
  return {
    root: { descriptor: bare(root), bytes: await document(root) },
    document,
    blob: (descriptor) => ({ descriptor, open: () => blob(descriptor) }),
  }
}

/**
 * A layout or OCI archive that appears when all of it is there; to a layout that is there already it is added.
 * @param kind `own-layout`: of a directory that the caller has, as `withFolder` gives it
 * @param place absolute
 * @param names what the root is called there: annotations of its entry
 */
export async function layoutTarget(
  kind: 'oci-layout' | 'own-layout' | 'oci-archive',
  place: string,
  names: Readonly<Record<string, string>>,
  temporary: Temporary,
  signal: AbortSignal | undefined,
): Promise<Target> {
  await checkTarget(kind, place)
  const folder = await temporary('copy')
  const blobs = new Map<string, LayoutFile>()
  const entries: Descriptor[] = []
  return {
    async blob(blob, report, stop) {
      const { digest, size } = blob.descriptor
      const file = path.join(folder, hexOf(digest))
      await replaceFile(file, checked(blob, report), stop)
      blobs.set(blobName(digest), { file, size })
    },
    async document({ descriptor, bytes }, role) {
      blobs.set(blobName(descriptor.digest), { bytes })
      const named = role === 'root' && Object.keys(names).length > 0
      if (role !== 'part') entries.push({ ...descriptor, ...(named && { annotations: names }) })
    },
    finish: () => writeLayout(forms[kind], place, blobs, entries, signal),
  }
}

const forms = { 'oci-layout': 'folder', 'own-layout': 'own-folder', 'oci-archive': 'archive' } as const

/** What could not be written in the end is refused before anything is fetched. */
function checkTarget(kind: keyof typeof forms, place: string): Promise<void> {
  if (kind === 'oci-archive') {
    return checkPlace('file', place, `name a file, or write a layout: oci-layout://${place}`)
  }
  return checkPlace('layout', place, `name a directory, or write an archive: oci-archive:${place}`)
}

/** The names that it had where it comes from are not those that it gets. */
function bare({ mediaType, digest, size }: Descriptor): Descriptor {
  return { mediaType, digest, size }
}

async function* checked({ descriptor, open }: Blob, report: Report | undefined): AsyncIterable<Uint8Array> {
  const { digest, size } = descriptor
  const hasher = sha256Hasher()
  let done = 0
  for await (const chunk of open()) {
    hasher.update(chunk)
    done += chunk.length
    report?.(`copying ${kindOf(descriptor)} ${digest}`, done, size, ...(done === size ? ([true] as const) : []))
    yield chunk
  }
  if (done === size && hasher.digest() === digest) return
  throw new TsbuildError('TSB_DIGEST_MISMATCH', `blob ${digest} has other bytes than its digest says`)
}
