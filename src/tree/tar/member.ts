import type { Change, DeviceEntry, FileEntry, Metadata } from '../entry.ts'
import { rootPath, type TreePath } from '../path.ts'
import { isPortableXattr } from '../xattrs.ts'
import { type ArchiveErrorCode, archiveError, quoted } from './archive-error.ts'
import { fields, numberField, textField } from './fields.ts'
import type { ArchiveLimits } from './limits.ts'
import { memberPath, memberText } from './member-path.ts'
import type { PaxRecords } from './pax.ts'
import type { PlainMember } from './plain.ts'
import { markOf } from './whiteout.ts'

/**
 * What the archive is for. In a `layer` and in what ADD unpacks (`add`) `.wh.` names delete; a `context` has ordinary
 * names and no devices. ADD puts what climbs out of the archive at its root, as BuildKit does; else that is an error.
 */
export type ArchiveForm = 'layer' | 'add' | 'context'

/** A regular file of an archive: its bytes come with the member. */
export type TarFile = Omit<FileEntry, 'content' | 'digest'>

/** All that lower layers have in this directory is gone. May come before or after the directory and what is in it. */
export interface OpaqueMark {
  readonly kind: 'opaque'
  readonly path: TreePath
}
export type TarEntry = TarFile | Exclude<Change, FileEntry> | OpaqueMark

/**
 * What a member says; undefined when it says nothing (a label, a mark of aufs).
 * @throws {TsbuildError} TSB_ARCHIVE_…, TSB_WHITEOUT_NAME
 */
export function entryOf(member: PlainMember, form: ArchiveForm, limits: ArchiveLimits): TarEntry | undefined {
  if (member.type === 'V') return undefined
  const name = nameOf(member)
  const path = memberPath(name, form === 'add' ? 'clamp' : 'refuse', limits)
  const mark = form === 'context' ? undefined : markOf(path)
  if (mark) return mark.kind === 'ignored' ? undefined : mark
  const isDirectory = member.type === '5' || (member.type === '0' && name.at(-1) === slash)
  if (path === rootPath && !isDirectory) {
    // An empty file without a name: Docker's ADD passes it over, and some archives have one.
    if (form === 'add' && member.type === '0' && member.stored === 0) return undefined
    throw archiveError('TSB_ARCHIVE_ROOT', 'the root of the archive is not a directory')
  }
  const metadata = metadataOf(member)
  if (isDirectory) return { kind: 'directory', path, ...metadata }
  return otherEntry(member, path, metadata, form, limits)
}

const slash = 0x2f
/** Linux has no other for a symbolic link, whatever the header says. */
const linkMode = 0o777
const highestOwner = 2 ** 32 - 2
/** Linux has 12 bits for the one number of a device and 20 for the other. */
const [deviceMajors, deviceMinors] = [2 ** 12, 2 ** 20]
/** What eleven octal digits hold: the year 2242. */
const latestTime = 8 ** 11 - 1

function otherEntry(
  member: PlainMember,
  path: TreePath,
  metadata: Metadata,
  form: ArchiveForm,
  limits: ArchiveLimits,
): TarEntry {
  switch (member.type) {
    case '0':
      return { kind: 'file', path, size: member.sparse?.size ?? member.stored, ...metadata }
    case '1':
      return { kind: 'hardlink', path, target: hardlinkTarget(linkOf(member), form, limits), ...metadata }
    case '2':
      return { kind: 'symlink', path, target: linkText(linkOf(member), limits), ...metadata, mode: linkMode }
    case '3':
    case '4':
      return deviceEntry(member, path, metadata, form)
    case '6':
      if (form === 'context') throw archiveError('TSB_ARCHIVE_DEVICE', `${quoted(path)} is a fifo`)
      return { kind: 'fifo', path, ...metadata }
    default:
      throw archiveError('TSB_ARCHIVE_TYPE', `${quoted(path)} is of the unknown type ${quoted(member.type)}`)
  }
}

function nameOf({ pax, longName, header }: PlainMember): Buffer {
  return text(pax, 'GNU.sparse.name') ?? text(pax, 'path') ?? longName ?? nameInHeader(header)
}

/** ustar has the directory of a long name in a second field; v7 and GNU have other things there. */
function nameInHeader(header: Uint8Array): Buffer {
  const name = textField(header, fields.name)
  const prefix = isUstar(header) ? textField(header, fields.prefix) : noBytes
  return prefix.length > 0 ? Buffer.concat([prefix, Buffer.of(slash), name]) : name
}

function isUstar(header: Uint8Array): boolean {
  return textField(header, fields.magic).equals(ustar)
}

const noBytes = Buffer.alloc(0)
const ustar = Buffer.from('ustar')

function linkOf({ pax, longLink, header }: PlainMember): Buffer {
  return text(pax, 'linkpath') ?? longLink ?? textField(header, fields.link)
}

/** An empty value takes a keyword back. */
function text(pax: PaxRecords, key: string): Buffer | undefined {
  const value = pax.get(key)
  return value?.length ? value : undefined
}

/** Hard links name another member, from the root of the archive whatever they look like. */
function hardlinkTarget(link: Buffer, form: ArchiveForm, limits: ArchiveLimits): TreePath {
  try {
    const target = memberPath(link, form === 'add' ? 'clamp' : 'refuse', limits)
    if (target !== rootPath) return target
  } catch (cause) {
    throw archiveError('TSB_ARCHIVE_LINK', `a hard link to ${quoted(link.toString())}`, cause)
  }
  throw archiveError('TSB_ARCHIVE_LINK', 'a hard link to the root of the archive')
}

function linkText(link: Buffer, limits: ArchiveLimits): string {
  if (link.length > 0 && link.length <= limits.pathBytes) return memberText(link)
  throw archiveError('TSB_ARCHIVE_LINK', `the text of a symbolic link has ${link.length} bytes`)
}

function deviceEntry(member: PlainMember, path: TreePath, metadata: Metadata, form: ArchiveForm): DeviceEntry {
  const kind = member.type === '3' ? 'character' : 'block'
  const major = numberOf(member, 'SCHILY.devmajor', fields.major, 'TSB_ARCHIVE_DEVICE')
  const minor = numberOf(member, 'SCHILY.devminor', fields.minor, 'TSB_ARCHIVE_DEVICE')
  if (form === 'context') throw archiveError('TSB_ARCHIVE_DEVICE', `${quoted(path)} is a device`)
  if (kind === 'character' && major === 0 && minor === 0) {
    throw archiveError('TSB_ARCHIVE_DEVICE', `${quoted(path)} is the device 0:0, which deletes files in an overlay`)
  }
  if (major < 0 || minor < 0 || major >= deviceMajors || minor >= deviceMinors) {
    throw archiveError('TSB_ARCHIVE_DEVICE', `${quoted(path)} is the impossible device ${major}:${minor}`)
  }
  return { kind, path, major, minor, ...metadata }
}

function metadataOf(member: PlainMember): Metadata {
  const xattrs = xattrsOf(member.pax)
  return {
    mode: numberField(member.header, fields.mode, 'TSB_ARCHIVE_HEADER') & 0o7777,
    uid: ownerOf(member, 'uid'),
    gid: ownerOf(member, 'gid'),
    mtime: timeOf(member),
    ...(xattrs && { xattrs }),
  }
}

function ownerOf(member: PlainMember, key: 'uid' | 'gid'): number {
  const owner = numberOf(member, key, fields[key], 'TSB_ARCHIVE_OWNER')
  if (owner >= 0 && owner <= highestOwner) return owner
  throw archiveError('TSB_ARCHIVE_OWNER', `an impossible ${key}: ${owner}`)
}

/** Whole seconds, clamped to what a header can hold: the part before the point, since below 0 nothing is kept. */
function timeOf(member: PlainMember): number {
  const value = text(member.pax, 'mtime')?.toString('latin1')
  const [, whole] = /^(-?[0-9]{1,400})(?:\.[0-9]*)?$/.exec(value ?? '') ?? []
  if (value !== undefined && whole === undefined) throw archiveError('TSB_ARCHIVE_TIME', `not a time: ${quoted(value)}`)
  const time = whole === undefined ? numberField(member.header, fields.mtime, 'TSB_ARCHIVE_TIME') : Number(whole)
  return Math.min(Math.max(time, 0), latestTime)
}

function numberOf(member: PlainMember, key: string, place: readonly [number, number], code: ArchiveErrorCode): number {
  const value = text(member.pax, key)?.toString('latin1')
  if (value === undefined) return numberField(member.header, place, code)
  if (/^[0-9]{1,15}$/.test(value)) return Number(value)
  throw archiveError(code, `not a number in an extended header: ${quoted(value)}`)
}

const xattrPrefix = 'SCHILY.xattr.'

function xattrsOf(pax: PaxRecords): ReadonlyMap<string, Uint8Array> | undefined {
  const found = new Map<string, Uint8Array>()
  for (const [key, value] of pax) {
    const name = key.startsWith(xattrPrefix) ? key.slice(xattrPrefix.length) : ''
    if (isPortableXattr(name)) found.set(name, value)
  }
  return found.size === 0 ? undefined : new Map([...found].sort(([a], [b]) => (a < b ? -1 : 1)))
}
