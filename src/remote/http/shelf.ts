import { createReadStream } from 'node:fs'
import { open, readFile, stat } from 'node:fs/promises'
import path from 'node:path'
import { type Digest, hexOf, sha256, sha256Hasher } from '../../digest/index.ts'
import { isSystemError } from '../../errors.ts'
import { makeFolder } from '../../make-folder.ts'
import { renameOver, writeAtomically, writing } from '../../store/index.ts'
import type { FileIdentity } from '../../tree/index.ts'
import type { FetchedFile, RemoteOptions } from '../remotes.ts'
import { formatRecord, parseRecord, type UrlRecord } from './record.ts'

/** A file that is here, and what is remembered of where it came from. */
export interface ShelvedFile extends FetchedFile, UrlRecord {}

/** What the server said of a file when it sent it. */
export type Received = Omit<UrlRecord, 'identity'>

/**
 * Files by URL: `urls/` has a record for each, `files/` the bytes by their digest. Whatever is missing or damaged is as if
 * it had never been here.
 */
export interface Shelf {
  find(url: string): Promise<ShelvedFile | undefined>
  /**
   * Takes a finished file of the same file system in.
   * @param aside a directory there, for what is not whole yet
   */
  put(url: string, file: string, received: Received, aside: string, signal: AbortSignal): Promise<ShelvedFile>
}

export function openShelf(folder: string, locked: RemoteOptions['locked']): Shelf {
  const files = path.join(folder, 'files')
  const urls = path.join(folder, 'urls')
  const fileOf = (digest: Digest) => path.join(files, hexOf(digest))
  const recordOf = (url: string) => path.join(urls, hexOf(sha256(url)))
  return {
    async find(url) {
      const text = await readIfThere(recordOf(url))
      const record = text === undefined ? undefined : parseRecord(text)
      const identity = record && (await intactIdentity(fileOf(record.digest), record, record.identity))
      return record && identity && { ...record, identity, path: fileOf(record.digest) }
    },
    async put(url, file, received, aside, signal) {
      await writing(files, received.size, async () => [files, urls].map((each) => makeFolder(each, 0o700)))
      const place = fileOf(received.digest)
      const identity = await locked(`http file ${received.digest}`, () => keep(file, place, received), signal)
      const record = { ...received, identity }
      await writeAtomically(recordOf(url), formatRecord(record), aside)
      return { ...record, path: place }
    },
  }
}

/** A file that others may be reading stays, unless it is damaged. Synced, so that a record never outlives its bytes. */
async function keep(file: string, place: string, received: Received): Promise<FileIdentity> {
  const known = await intactIdentity(place, received, undefined)
  if (known) return known
  await writing(place, received.size, async () => {
    await using handle = await open(file, 'r+')
    await handle.sync()
    await renameOver(file, place)
  })
  return identityOf(await stat(place, { bigint: true }))
}

/** The identity of a file that has these bytes: that is read from them, unless nobody touched it since it was known. */
async function intactIdentity(
  file: string,
  { size, digest }: Pick<Received, 'size' | 'digest'>,
  known: FileIdentity | undefined,
): Promise<FileIdentity | undefined> {
  const found = await statIfThere(file)
  if (!found?.isFile() || found.size !== BigInt(size)) return undefined
  const identity = identityOf(found)
  return (known && isSame(known, identity)) || (await digestOf(file)) === digest ? identity : undefined
}

async function digestOf(file: string): Promise<Digest> {
  const hasher = sha256Hasher()
  for await (const chunk of createReadStream(file) as AsyncIterable<Uint8Array>) hasher.update(chunk)
  return hasher.digest()
}

function identityOf({ dev, ino, mtimeNs, ctimeNs }: FileIdentity): FileIdentity {
  return { dev, ino, mtimeNs, ctimeNs }
}

function isSame(a: FileIdentity, b: FileIdentity): boolean {
  return a.dev === b.dev && a.ino === b.ino && a.mtimeNs === b.mtimeNs && a.ctimeNs === b.ctimeNs
}

async function statIfThere(file: string) {
  try {
    return await stat(file, { bigint: true })
  } catch (error) {
    if (isSystemError(error, 'ENOENT', 'ENOTDIR', 'EISDIR')) return undefined
    throw error
  }
}

async function readIfThere(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    if (isSystemError(error, 'ENOENT', 'ENOTDIR', 'EISDIR')) return undefined
    throw error
  }
}
