import { constants } from 'node:fs'
import { isSystemError } from '../../errors.ts'
import type { OverlayMarks } from '../directory.ts'
import { impliedDirectory } from '../entries.ts'
import { nameBytes } from '../names.ts'
import { rootPath } from '../path.ts'
import { archiveError, quoted } from '../tar/archive-error.ts'
import { type ArchiveLimits, defaultArchiveLimits } from '../tar/limits.ts'
import type { ArchiveForm } from '../tar/member.ts'
import { readTar, type TarMember } from '../tar/read.ts'
import { applyMarks, keepMarks, type MarkHandling } from './marks.ts'
import { type Skipped, setByPlace } from './metadata.ts'
import { type PutContext, putDirectory, putFile, putHardlink, putNode, putSymlink } from './put.ts'
import { emptyDirectory } from './remove.ts'
import { openSite, type Site } from './site.ts'

export interface UnpackOptions {
  /** Default: `layer`. */
  readonly form?: ArchiveForm
  /** Default: `skip`. Nodes are dangerous on a host; the entries of the tar keep them. Fifos are always made. */
  readonly devices?: 'make' | 'skip'
  readonly limits?: ArchiveLimits
  readonly signal?: AbortSignal
}

/** What was unpacked. */
export interface Unpacked {
  readonly entries: number
  /** Sum of the sizes of the files. */
  readonly bytes: number
  readonly skipped: Readonly<Skipped>
}

/**
 * Unpacks a layer into an empty directory, in the form that overlayfs wants of a lower one: whiteouts are 0/0 character
 * devices, opaque directories have an extended attribute. Every parent is followed inside the directory as if it were
 * `/`; later entries replace earlier ones and are never written through them. The directory itself is 0755 0:0 unless the
 * archive says more. After an error the directory is empty again.
 * @param marks the family of the attribute: `user` for a mount with `userxattr`. Default: `trusted`
 * @throws {TsbuildError} TSB_ARCHIVE_…, TSB_WHITEOUT_NAME, TSB_PATH_LOOP, TSB_OWNER_UNAVAILABLE
 */
export async function unpackTar(
  bytes: AsyncIterable<Uint8Array>,
  directory: string,
  options: UnpackOptions & { readonly marks?: OverlayMarks } = {},
): Promise<Unpacked> {
  const { limits = defaultArchiveLimits } = options
  const site = openSite(directory, limits, 'nothing')
  site.addPending(rootPath, { metadata: impliedDirectory(rootPath) })
  try {
    return await unpackInto(site, bytes, keepMarks(options.marks ?? 'trusted'), options)
  } catch (error) {
    emptyDirectory(nameBytes(directory))
    throw error
  }
}

/**
 * Unpacks a layer over a directory that holds the layers below it: whiteouts and opaque marks delete what those have. For
 * a root file system without mounts. After an error the directory is in between.
 * @throws {TsbuildError} as `unpackTar`
 */
export async function applyLayer(
  bytes: AsyncIterable<Uint8Array>,
  root: string,
  options: UnpackOptions = {},
): Promise<Unpacked> {
  const site = openSite(root, options.limits ?? defaultArchiveLimits, 'made')
  return unpackInto(site, bytes, applyMarks, options)
}

async function unpackInto(
  site: Site,
  bytes: AsyncIterable<Uint8Array>,
  marks: MarkHandling,
  options: UnpackOptions,
): Promise<Unpacked> {
  const skipped: Skipped = { devices: [], xattrs: 0 }
  const context: PutContext = { site, skipped, devices: options.devices ?? 'skip', signal: options.signal }
  let entries = 0
  let size = 0
  for await (const member of readTar(bytes, options.form ?? 'layer', options.limits)) {
    options.signal?.throwIfAborted()
    size += await putMember(member, context, marks)
    entries++
  }
  finishDirectories(site, marks, skipped)
  return { entries, bytes: size, skipped }
}

async function putMember(member: TarMember, context: PutContext, marks: MarkHandling): Promise<number> {
  try {
    if (member.entry.kind === 'file') return await putFile(member.entry, member.body, context)
    putWithoutBody(member.entry, context, marks)
    return 0
  } catch (error) {
    if (!isSystemError(error, 'ENAMETOOLONG')) throw error
    throw archiveError('TSB_ARCHIVE_NAME', `a path that is too long: ${quoted(member.entry.path)}`, error)
  }
}

function putWithoutBody(
  entry: Exclude<TarMember['entry'], { readonly kind: 'file' }>,
  context: PutContext,
  marks: MarkHandling,
): void {
  const { site } = context
  if (entry.kind === 'directory') putDirectory(entry, context)
  else if (entry.kind === 'symlink') putSymlink(entry, context)
  else if (entry.kind === 'hardlink') putHardlink(entry, context)
  else if (entry.kind === 'whiteout') marks.whiteout(site.place(entry.path), site)
  else if (entry.kind === 'opaque') marks.opaque(site.directory(entry.path), site)
  else putNode(entry, context)
}

/** Innermost first: what is written into a directory changes its times, and a mode could shut us out. */
function finishDirectories(site: Site, marks: MarkHandling, skipped: Skipped): void {
  for (const [path, { metadata, opaque }] of [...site.directories].reverse()) {
    if (opaque) marks.finish(path, site)
    if (metadata) setByPlace(site.host(path), constants.O_DIRECTORY, metadata, skipped)
  }
}
