import { constants } from 'node:fs'
import { open } from 'node:fs/promises'
import { isSystemError, TsbuildError } from '../errors.ts'
import { type Descriptor, documentLimitsOf, type ImageSource, type Platform } from '../image/index.ts'
import { defaultLimits, type Limits } from '../limits.ts'
import { archiveLimits, compressionLimits } from '../tree/index.ts'
import type { ArchivedImage } from './archived-image.ts'
import { dockerImage, dockerImages, isDockerArchive } from './docker.ts'
import type { Files } from './files.ts'
import { folderFiles } from './folder-files.ts'
import { isOciLayout, ociBlob, ociDocument, ociEntry, ociImage, ociImages } from './oci.ts'
import { plainTar } from './plain-tar.ts'
import { tarFiles } from './tar-files.ts'

/** An image that is had from a folder or a file. Its path is absolute. */
export type ArchiveSource = Exclude<ImageSource, { readonly kind: 'reference' }>

/** A fresh private directory that outlives the image: a compressed archive is unpacked there. */
export type Temporary = (prefix: string) => Promise<string>

/**
 * The image of a layout or archive for a platform; no layer of an OCI one is read. Archives may be compressed.
 * @throws {TsbuildError} TSB_ARCHIVE_NOT_FOUND, TSB_ARCHIVE_KIND, TSB_ARCHIVE_REF, TSB_ARCHIVE_LINK, TSB_IMAGE_NOT_FOUND,
 *   TSB_IMAGE_AMBIGUOUS, TSB_PLATFORM_NOT_FOUND, TSB_DIGEST_MISMATCH and those of damaged archives and documents
 */
export async function openArchivedImage(
  source: ArchiveSource,
  platform: Platform,
  temporary: Temporary,
  limits = defaultLimits,
): Promise<ArchivedImage> {
  const files = await openFiles(source, temporary, limits)
  const documents = documentLimitsOf(limits)
  if (source.kind === 'docker-archive') {
    if (await isDockerArchive(files)) return dockerImage(files, source, documents)
    throw wrongKind(files, 'docker archive: it has no manifest.json', 'oci-archive')
  }
  if (await isOciLayout(files)) return ociImage(files, source, platform, documents)
  throw wrongKind(files, 'OCI image layout: it has no oci-layout', 'docker-archive')
}

/**
 * All images of an archive (for one platform each), whether it is OCI's or `docker save` made it: what `load` takes.
 * Throws as `openArchivedImage`.
 */
export async function openArchive(
  path: string,
  platform: Platform,
  temporary: Temporary,
  limits = defaultLimits,
): Promise<readonly ArchivedImage[]> {
  const files = await openFiles({ kind: 'oci-archive', path }, temporary, limits)
  const documents = documentLimitsOf(limits)
  if (await isOciLayout(files)) return ociImages(files, platform, documents)
  if (await isDockerArchive(files)) return dockerImages(files, documents)
  throw new TsbuildError(
    'TSB_ARCHIVE_KIND',
    `${path} is no image archive: it has neither oci-layout nor manifest.json`,
    {
      hint: 'for a root file system in a tar use tsbuild import',
    },
  )
}

/**
 * The blobs of a layout or archive by descriptor, checked while they pass.
 * @throws {TsbuildError} TSB_ARCHIVE_REF, TSB_BLOB_TOO_LONG, TSB_BLOB_TRUNCATED, TSB_DIGEST_MISMATCH
 */
export async function openArchivedBlobs(
  source: ArchiveSource,
  temporary: Temporary,
  limits = defaultLimits,
): Promise<(descriptor: Descriptor) => AsyncIterable<Uint8Array>> {
  const files = await openFiles(source, temporary, limits)
  return (descriptor) => ociBlob(files, descriptor)
}

/** What a layout or OCI archive has under a name, with all below it, as it is. */
export interface ArchivedDocuments {
  readonly root: Descriptor
  /** A manifest or index, checked. */
  document(descriptor: Descriptor): Promise<Uint8Array>
  /** Checked while it passes. */
  blob(descriptor: Descriptor): AsyncIterable<Uint8Array>
}

/** Throws as `openArchivedImage`. */
export async function openArchivedDocuments(
  source: ArchiveSource,
  temporary: Temporary,
  limits = defaultLimits,
): Promise<ArchivedDocuments> {
  const files = await openFiles(source, temporary, limits)
  if (source.kind === 'docker-archive' || !(await isOciLayout(files))) {
    throw new TsbuildError('TSB_ARCHIVE_KIND', `${files.name} is no OCI image layout`, {
      hint:
        source.kind === 'oci-layout'
          ? 'a layout has a file oci-layout'
          : 'a docker archive: tsbuild load -i FILE, then tsbuild push NAME',
    })
  }
  const documents = documentLimitsOf(limits)
  return {
    root: await ociEntry(files, source, documents),
    document: ({ digest }) => ociDocument(files, digest, documents),
    blob: (descriptor) => ociBlob(files, descriptor),
  }
}

async function openFiles({ kind, path }: ArchiveSource, temporary: Temporary, limits: Limits): Promise<Files> {
  if ((await kindOfArchive(path)) === 'directory') {
    if (kind === 'oci-layout') return folderFiles(path)
    throw new TsbuildError('TSB_ARCHIVE_KIND', `${path} is a directory`, {
      hint: `for a layout use oci-layout://${path}`,
    })
  }
  if (kind !== 'oci-layout') {
    const tar = await plainTar(path, temporary, compressionLimits(limits))
    return tarFiles(tar, path, archiveLimits(limits))
  }
  throw new TsbuildError('TSB_ARCHIVE_KIND', `${path} is a file`, { hint: `for an archive use oci-archive:${path}` })
}

/** Nobody may ever write to a pipe or device that a Dockerfile names: opening it waits for nothing. */
async function kindOfArchive(path: string): Promise<'directory' | 'file'> {
  try {
    await using file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK)
    const stats = await file.stat()
    if (stats.isFile()) return 'file'
    if (stats.isDirectory()) return 'directory'
    throw new TsbuildError('TSB_ARCHIVE_KIND', `${path} is neither a file nor a directory`, {
      hint: 'write the archive to a file; tsbuild load also reads it from standard input',
    })
  } catch (error) {
    if (!isSystemError(error, 'ENOENT', 'ENOTDIR', 'EACCES', 'ENXIO')) throw error
    throw cannotOpen(path, error)
  }
}

/** @param error of the system */
export function cannotOpen(path: string, error: NodeJS.ErrnoException): TsbuildError {
  const reason = reasons[error.code ?? ''] ?? error.message
  return new TsbuildError('TSB_ARCHIVE_NOT_FOUND', `cannot open ${path}: ${reason}`, {
    cause: error,
    hint: error.code === 'EACCES' ? 'chmod it, or run tsbuild as who may read it' : 'check the path',
  })
}

const reasons: Readonly<Record<string, string>> = {
  EACCES: 'this user may not read it',
  ENOENT: 'no such file or directory',
  ENOTDIR: 'a part of that path is no directory',
  ENXIO: 'nothing can be read from it',
}

function wrongKind(files: Files, what: string, other: ArchiveSource['kind']): TsbuildError {
  return new TsbuildError('TSB_ARCHIVE_KIND', `${files.name} is no ${what}`, { hint: `is it one for ${other}:?` })
}
