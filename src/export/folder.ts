import { lstat, mkdir, readdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import { isSystemError, TsbuildError } from '../errors.ts'
import { type Descriptor, parseIndex } from '../image/index.ts'
import { fileBytes } from '../tree/index.ts'
import { exporting, replaceFile } from './destination.ts'
import { indexJson, type LayoutFile, layoutHeader } from './layout.ts'
import { digested } from './pack.ts'

/** Writes a layout into a directory, which the caller has as `withFolder` gives it; see `exportOciFolder`. */
export async function writeFolder(
  folder: string,
  blobs: ReadonlyMap<string, LayoutFile>,
  entries: readonly Descriptor[],
  signal: AbortSignal | undefined,
): Promise<void> {
  await exporting(folder, async () => {
    const present = await presentEntries(folder)
    // First of all: one that was left half-written is a layout, and can be written again.
    await replaceFile(path.join(folder, 'oci-layout'), [layoutHeader])
    for (const part of ['blobs', 'blobs/sha256']) await makePlainFolder(path.join(folder, part))
    for (const [name, file] of blobs) await putBlob(path.join(folder, name), file, signal)
    await replaceFile(path.join(folder, 'index.json'), [indexJson(merged(present, entries))])
  })
}

/** @throws {TsbuildError} TSB_EXPORT_REFUSED for a directory that no layout may be written to */
export async function checkLayoutFolder(folder: string): Promise<void> {
  await presentEntries(folder)
}

/** What the index of a layout has already; nothing when the directory is empty. */
async function presentEntries(folder: string): Promise<readonly Descriptor[]> {
  const names = await readdir(folder)
  if (names.length === 0) return []
  if (!names.includes('oci-layout')) throw refused(folder)
  if (!names.includes('index.json')) return []
  const file = path.join(folder, 'index.json')
  return (await parseIndex(await readFile(file), file)).manifests
}

/** An entry of the same name gives way, one without a name too when it is the same image. */
function merged(present: readonly Descriptor[], added: readonly Descriptor[]): readonly Descriptor[] {
  const nameOf = ({ annotations, digest }: Descriptor) =>
    annotations?.['org.opencontainers.image.ref.name'] ?? annotations?.['io.containerd.image.name'] ?? digest
  const names = new Set(added.map(nameOf))
  return [...present.filter((entry) => !names.has(nameOf(entry))), ...added]
}

async function makePlainFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder)
  } catch (error) {
    if (!isSystemError(error, 'EEXIST')) throw error
    if ((await lstat(folder)).isDirectory()) return
    throw new TsbuildError('TSB_EXPORT_LINK', `${folder} is a link or file, and a directory is wanted`)
  }
}

async function putBlob(target: string, file: LayoutFile, signal: AbortSignal | undefined): Promise<void> {
  const size = 'bytes' in file ? file.bytes.length : file.size
  if (await isThere(target, size)) return
  await replaceFile(target, bytesOf(file), signal)
}

function bytesOf(file: LayoutFile): AsyncIterable<Uint8Array> | Iterable<Uint8Array> {
  if ('bytes' in file) return [file.bytes]
  const bytes = fileBytes(file.file)
  return file.digest ? digested(bytes, file.file, file.digest) : bytes
}

async function isThere(file: string, size: number): Promise<boolean> {
  try {
    const found = await lstat(file)
    return found.isFile() && found.size === size
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return false
    throw error
  }
}

function refused(folder: string): TsbuildError {
  return new TsbuildError('TSB_EXPORT_REFUSED', `${folder} is not empty and no OCI layout`, {
    hint: 'name an empty directory or one that is not there yet',
  })
}
