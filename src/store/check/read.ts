import { createReadStream, lstatSync } from 'node:fs'
import { lstat, readdir, readFile } from 'node:fs/promises'
import { type Digest, sha256Hasher } from '../../digest/index.ts'
import { isSystemError } from '../../errors.ts'

/** Reads files of a store that others may change meanwhile, and counts what it read. */
export interface Reading {
  readonly signal: AbortSignal
  /** Bytes so far. */
  bytes: number
  /** What the file system said of each file or folder right before it was looked at, by path. */
  readonly seen: Map<string, string>
}

/** What is not there, or is something else than was asked for: others may have removed it. */
const gone = ['ENOENT', 'ENOTDIR', 'EISDIR'] as const

/** sha256 of a file; undefined when there is none, or the disk cannot read it. */
export async function digestOfFile(path: string, reading: Reading): Promise<Digest | undefined> {
  const hasher = sha256Hasher()
  see(path, reading)
  return ifThere(async () => {
    const { signal } = reading
    for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20, signal }) as AsyncIterable<Uint8Array>) {
      reading.bytes += chunk.length
      hasher.update(chunk)
    }
    return hasher.digest()
  })
}

/** A small text; undefined when there is none. */
export async function textOfFile(path: string, reading: Reading): Promise<string | undefined> {
  reading.signal.throwIfAborted()
  see(path, reading)
  const text = await ifThere(() => readFile(path, 'utf8'))
  reading.bytes += text?.length ?? 0
  return text
}

/** Says that what is there is looked at now: a finding is about what it is at this moment. */
export function see(path: string, { seen }: Reading): void {
  seen.set(path, signsOf(path))
}

/** False for what somebody has touched since it was seen, or put there in place of that. */
export function isAsSeen(path: string, { seen }: Reading): boolean {
  const signs = seen.get(path)
  return signs === undefined || signs === signsOf(path)
}

/** Empty when there is nothing. */
function signsOf(path: string): string {
  try {
    const found = lstatSync(path, { bigint: true })
    return [found.dev, found.ino, found.size, found.mtimeNs, found.ctimeNs].join(' ')
  } catch (error) {
    if (isSystemError(error, 'ENOENT', 'ENOTDIR')) return ''
    throw error
  }
}

/** Names in a folder, sorted; none when there is no such folder. */
export async function namesIn(folder: string): Promise<readonly string[]> {
  return ((await ifThere(() => readdir(folder))) ?? []).sort()
}

/** Undefined when there is nothing of this name. */
export async function statOf(path: string) {
  return ifThere(() => lstat(path))
}

async function ifThere<T>(work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work()
  } catch (error) {
    if (isSystemError(error, ...gone, 'EIO')) return undefined
    throw error
  }
}
